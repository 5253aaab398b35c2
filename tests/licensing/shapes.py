"""Page shapes as real sites mark their licenses, written for this project, and what is right for each."""

from dataclasses import dataclass, field

CC = "https://creativecommons.org/licenses"
RESERVED = "LicenseRef-all-rights-reserved"


@dataclass(frozen=True)
class Shape:
    """A page, what it models, and the decision that is right for it."""

    name: str
    models: str
    html: str
    license: str | None
    state: str
    headers: dict[str, str] = field(default_factory=dict)
    port: str | None = None


def page(body: str, head: str = "") -> str:
    return f"<!doctype html><html><head><title>x</title>{head}</head><body>{body}</body></html>"


def article(text: str, footer: str, head: str = "") -> str:
    return page(f"<main><article><p>{text}</p></article></main><footer>{footer}</footer>", head)


def ld(value: str) -> str:
    return f'<script type="application/ld+json">{value}</script>'


ZERO = "https://creativecommons.org/publicdomain/zero/1.0/"
MARK = "https://creativecommons.org/publicdomain/mark/1.0/"

SHAPES = [
    # ---- statements for machines ----
    Shape(
        "http_link",
        "a server that marks every page",
        page("<p>Egun on.</p>"),
        "CC-BY-4.0",
        "declared",
        {"link": f'<{CC}/by/4.0/>; rel="license"'},
    ),
    Shape(
        "http_link_among_others",
        "preload links beside the license",
        page("<p>Bonjour.</p>"),
        "CC-BY-SA-4.0",
        "declared",
        {"link": f"</a.css>; rel=preload; as=style, <{CC}/by-sa/4.0/deed.fr>; rel=license"},
    ),
    Shape(
        "http_link_rsl",
        "RSL names terms to buy, no license",
        page("<p>Hello.</p>"),
        None,
        "none",
        {"link": '<https://example.org/license.xml>; rel="license"; type="application/rsl+xml"'},
    ),
    Shape(
        "json_ld_article",
        "a news site's article",
        page(
            "<p>Noticia de hoy.</p>",
            ld(f'{{"@context":"https://schema.org","@type":"NewsArticle","license":"{CC}/by/4.0/"}}'),
        ),
        "CC-BY-4.0",
        "declared",
    ),
    Shape(
        "json_ld_graph",
        "WordPress with an SEO plugin: image and page in one graph",
        page(
            "<p>Der Artikel.</p>",
            ld(
                f'{{"@graph":[{{"@type":"ImageObject","license":"{CC}/by-nc/2.0/"}},'
                f'{{"@type":"WebPage","license":{{"@id":"{CC}/by-sa/4.0/"}}}}]}}'
            ),
        ),
        "CC-BY-SA-4.0",
        "declared",
    ),
    Shape(
        "json_ld_image_only",
        "only the lead image is licensed",
        page("<p>Artikel om katter.</p>", ld(f'{{"@type":"ImageObject","license":"{CC}/by/4.0/"}}')),
        None,
        "mention",
    ),
    Shape(
        "json_ld_nested_image",
        "the image inside an article is licensed, the article is not",
        page(
            "<p>Статья о лесе.</p>",
            ld(f'{{"@type":"Article","image":{{"@type":"ImageObject","license":"{CC}/by/4.0/"}}}}'),
        ),
        None,
        "mention",
    ),
    Shape(
        "json_ld_dataset",
        "a statistics office describes a table",
        page("<p>Talouden luvut.</p>", ld(f'{{"@type":"Dataset","license":"{CC}/by/4.0/"}}')),
        None,
        "mention",
    ),
    Shape(
        "json_ld_software",
        "a tool's documentation page describes the tool",
        page(
            "<p>Instalación.</p>", ld('{"@type":"SoftwareSourceCode","license":"https://opensource.org/licenses/MIT"}')
        ),
        None,
        "mention",
    ),
    Shape(
        "json_ld_untyped",
        "a block without a type",
        page("<p>x</p>", ld(f'{{"license":"{CC}/by/4.0/"}}')),
        None,
        "mention",
    ),
    Shape(
        "json_ld_broken",
        "a template left a comma",
        page("<p>Tekst.</p>", ld(f'{{"@type":"Article","license":"{CC}/by/4.0/",}}')),
        None,
        "none",
    ),
    Shape(
        "json_ld_website",
        "the whole site in one block",
        page("<p>Fáilte.</p>", ld(f'{{"@type":"WebSite","license":"{CC}/by-nc-nd/4.0/"}}')),
        "CC-BY-NC-ND-4.0",
        "declared",
    ),
    Shape(
        "meta_dcterms",
        "a university repository",
        page("<p>Resumo da tese.</p>", f'<meta name="DCTERMS.license" content="{CC}/by/3.0/pt/">'),
        "CC-BY-3.0",
        "declared",
        port="pt",
    ),
    Shape(
        "meta_dc_rights_text",
        "a library writes words",
        page("<p>Abstract.</p>", '<meta name="dc.rights" content="CC BY-NC 4.0">'),
        "CC-BY-NC-4.0",
        "declared",
    ),
    Shape(
        "meta_dc_rights_reserved",
        "a publisher",
        page("<p>Zusammenfassung.</p>", '<meta name="DC.rights" content="Alle Rechte vorbehalten">'),
        RESERVED,
        "declared",
    ),
    Shape(
        "meta_citation_license",
        "a journal",
        page("<p>Rezumat.</p>", f'<meta name="citation_license" content="{CC}/by-nc-sa/4.0/">'),
        "CC-BY-NC-SA-4.0",
        "declared",
    ),
    Shape(
        "meta_unknown_license",
        "a license nobody knows",
        page("<p>x</p>", '<meta name="license" content="Example Community License 7">'),
        None,
        "weak",
    ),
    Shape(
        "microdata_page",
        "schema.org in attributes",
        page(
            f'<div itemscope itemtype="https://schema.org/Article"><p>Beste.</p><a itemprop="license" href="{CC}/by/4.0/">lizentzia</a></div>'
        ),
        "CC-BY-4.0",
        "declared",
    ),
    Shape(
        "microdata_video",
        "a video player's own license",
        page(
            f'<div itemscope itemtype="https://schema.org/VideoObject"><a itemprop="license" href="{CC}/by/4.0/">video</a></div>'
        ),
        None,
        "mention",
    ),
    Shape(
        "link_rel_license",
        "a static site generator",
        page("<p>Ahoj.</p>", f'<link rel="license" href="{ZERO}">'),
        "CC0-1.0",
        "declared",
    ),
    Shape(
        "link_rel_copyright_mediawiki",
        "MediaWiki of 2010",
        page("<p>Artigo.</p>", f'<link rel="copyright" href="{CC}/by-sa/3.0/">'),
        "CC-BY-SA-3.0",
        "declared",
    ),
    # ---- rel=license and footers, per language ----
    Shape(
        "chooser_html_de",
        "what the license chooser gave German bloggers",
        page(
            f'<p>Ein Tag am See.</p><a rel="license" href="{CC}/by-sa/3.0/de/"><img src="https://i.creativecommons.org/l/by-sa/3.0/de/88x31.png"></a>'
            f'<br>Dieses Werk ist lizenziert unter einer <a rel="license" href="{CC}/by-sa/3.0/de/">Creative Commons Lizenz</a>.'
        ),
        "CC-BY-SA-3.0",
        "declared",
        port="de",
    ),
    Shape(
        "footer_link_ca",
        "a Catalan town",
        article("Notícies del poble.", f'Contingut sota <a href="{CC}/by/4.0/deed.ca">CC BY 4.0</a>'),
        "CC-BY-4.0",
        "declared",
    ),
    Shape(
        "footer_link_th",
        "a Thai school",
        article("โรงเรียนของเราเปิดสอนวันจันทร์", f'เนื้อหาใช้ <a href="{CC}/by-nc-sa/3.0/th/">สัญญาอนุญาต</a>'),
        "CC-BY-NC-SA-3.0",
        "declared",
        port="th",
    ),
    Shape(
        "footer_link_hi",
        "a Hindi wiki",
        article("यह लेख नदी के बारे में है।", f'पाठ <a href="{CC}/by-sa/4.0/deed.hi">क्रिएटिव कॉमन्स</a> के अंतर्गत उपलब्ध है'),
        "CC-BY-SA-4.0",
        "declared",
    ),
    Shape(
        "footer_link_am",
        "an Amharic blog",
        article("ዛሬ ዝናብ ዘነበ።", f'<a href="{CC}/by/4.0/">CC BY 4.0</a>'),
        "CC-BY-4.0",
        "declared",
    ),
    Shape(
        "footer_class",
        "a footer that is a div",
        page(f'<p>Habari za leo.</p><div class="site-footer"><a href="{CC}/by/4.0/deed.sw">CC BY</a></div>'),
        "CC-BY-4.0",
        "declared",
    ),
    Shape(
        "footer_role",
        "a footer by its role",
        page(f'<p>صباح الخير</p><div role="contentinfo"><a href="{CC}/by-nc/4.0/deed.ar">الترخيص</a></div>'),
        "CC-BY-NC-4.0",
        "declared",
    ),
    Shape(
        "old_order",
        "a page of 2004",
        article("Essay.", '<a href="http://creativecommons.org/licenses/by-nd-nc/1.0/">license</a>'),
        "CC-BY-NC-ND-1.0",
        "declared",
    ),
    Shape(
        "mark",
        "a museum",
        article("Old letter.", f'<a rel="license" href="{MARK}">no known copyright</a>'),
        "CC-PDM-1.0",
        "declared",
    ),
    Shape(
        "badge_only",
        "a badge without a link",
        article("Post.", '<img src="https://licensebuttons.net/l/by/4.0/88x31.png" alt="badge">'),
        "CC-BY-4.0",
        "weak",
    ),
    Shape(
        "no_version",
        "a link that names no version",
        article("Post.", f'<a rel="license" href="{CC}/by-sa/">share alike</a>'),
        "LicenseRef-CC-BY-SA",
        "weak",
    ),
    Shape(
        "no_such_version",
        "a version that does not exist",
        article("Post.", f'<a rel="license" href="{CC}/by/7.0/">x</a>'),
        None,
        "weak",
    ),
    Shape(
        "gov_dl_de",
        "a German open data page",
        article(
            "Der Haushalt der Stadt.", '<a rel="license" href="https://www.govdata.de/dl-de/by-2-0">dl-de/by-2-0</a>'
        ),
        "DL-DE-BY-2.0",
        "declared",
    ),
    Shape(
        "gov_ogl",
        "a ministry",
        article(
            "How to apply.",
            'All content is available under the <a rel="license" href="https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/">Open Government Licence v3.0</a>',
        ),
        "OGL-UK-3.0",
        "declared",
    ),
    Shape(
        "gov_nlod",
        "a Norwegian agency",
        article("Været i dag.", '<a rel="license" href="https://data.norge.no/nlod/no/2.0">NLOD</a>'),
        "NLOD-2.0",
        "declared",
    ),
    Shape(
        "gov_kogl",
        "a Korean ministry",
        article(
            "오늘의 소식입니다.",
            '<a rel="license" href="https://www.kogl.or.kr/info/licenseType1.do">공공누리 1유형</a>',
        ),
        "LicenseRef-KOGL-1",
        "declared",
    ),
    Shape(
        "gfdl",
        "an old free manual",
        article("Το εγχειρίδιο.", '<a rel="license" href="https://www.gnu.org/licenses/fdl-1.3.html">GFDL</a>'),
        "GFDL-1.3-only",
        "declared",
    ),
    # ---- words without a link ----
    Shape(
        "words_de",
        "a footer in words",
        article(
            "Ein Text.",
            "Namensnennung: Creative Commons Namensnennung-Weitergabe unter gleichen Bedingungen 4.0 International",
        ),
        "CC-BY-SA-4.0",
        "weak",
    ),
    Shape(
        "words_ja",
        "a Japanese blog",
        article("今日は雨でした。", "この記事はクリエイティブ・コモンズ 表示 4.0 国際 ライセンスのもとにあります"),
        "CC-BY-4.0",
        "weak",
    ),
    Shape(
        "words_zh",
        "a Chinese blog",
        article("今天下雨了。", "本文采用知识共享署名-非商业性使用-禁止演绎 4.0 国际许可协议"),
        "CC-BY-NC-ND-4.0",
        "weak",
    ),
    Shape(
        "words_pt",
        "a Brazilian school",
        article("A aula de hoje.", "Creative Commons Atribuição-CompartilhaIgual 3.0"),
        "CC-BY-SA-3.0",
        "weak",
    ),
    Shape(
        "words_pl",
        "a Polish teacher",
        article("Lekcja pierwsza.", "Licencja Creative Commons Uznanie autorstwa-Użycie niekomercyjne 4.0"),
        "CC-BY-NC-4.0",
        "weak",
    ),
    Shape(
        "words_short_vi", "a short form", article("Hôm nay trời mưa.", "Nội dung: CC BY-SA 4.0"), "CC-BY-SA-4.0", "weak"
    ),
    Shape(
        "words_short_odd_dashes", "typographic dashes", article("Text.", "CC BY–NC–ND 4.0"), "CC-BY-NC-ND-4.0", "weak"
    ),
    Shape(
        "words_cut_off",
        "a name that goes on in an unknown way",
        article("Un texte.", "Creative Commons Attribution - Interdiction de tout 4.0"),
        None,
        "weak",
    ),
    Shape(
        "words_noncommercial_aside",
        "the restriction in other words",
        article("Text.", "CC BY, non-commercial use only"),
        None,
        "weak",
    ),
    Shape("words_narrower_after", "the restriction after the version", article("Text.", "CC BY 4.0 NC"), None, "weak"),
    # ---- what lowers ----
    Shape(
        "unless_en",
        "unless otherwise noted",
        article(
            "Text.",
            f'Except where otherwise noted, content is under <a rel="license" href="{CC}/by/4.0/">CC BY 4.0</a>',
        ),
        "CC-BY-4.0",
        "weak",
    ),
    Shape(
        "unless_de",
        "the same in German",
        article("Text.", f'Soweit nicht anders angegeben: <a rel="license" href="{CC}/by/4.0/">CC BY 4.0</a>'),
        "CC-BY-4.0",
        "weak",
    ),
    Shape(
        "unless_ru",
        "the same in Russian",
        article("Текст.", f'Если не указано иное, <a rel="license" href="{CC}/by/4.0/">CC BY 4.0</a>'),
        "CC-BY-4.0",
        "weak",
    ),
    Shape(
        "unless_tr",
        "the same in Turkish",
        article("Metin.", f'Aksi belirtilmedikçe <a rel="license" href="{CC}/by/4.0/">CC BY 4.0</a>'),
        "CC-BY-4.0",
        "weak",
    ),
    Shape(
        "known_and_unknown",
        "a site's own terms beside the license",
        article("Text.", f'<a rel="license" href="/terms">terms</a> <a rel="license" href="{CC}/by/4.0/">CC</a>'),
        "CC-BY-4.0",
        "weak",
    ),
    # ---- contradictions ----
    *[
        Shape(
            f"conflict_{tag}",
            "a theme's reserved rights under a licensed article",
            article(text, f'<p>{reserved}</p><a rel="license" href="{CC}/by/4.0/">CC</a>'),
            None,
            "conflict",
        )
        for tag, text, reserved in [
            ("en", "The river is low.", "© 2021 Example. All rights reserved."),
            ("de", "Der Fluss ist flach.", "© 2021 Beispiel. Alle Rechte vorbehalten."),
            ("fr", "La rivière est basse.", "© 2021 Exemple. Tous droits réservés."),
            ("es", "El río está bajo.", "© 2021 Ejemplo. Todos los derechos reservados."),
            ("pt", "O rio está baixo.", "© 2021 Exemplo. Todos os direitos reservados."),
            ("it", "Il fiume è basso.", "© 2021 Esempio. Tutti i diritti sono riservati."),
            ("eu", "Ibaia baxu dago.", "© 2021 Adibidea. Eskubide guztiak erreserbatuta."),
            ("nl", "De rivier staat laag.", "© 2021 Voorbeeld. Alle rechten voorbehouden."),
            ("sv", "Ån är låg.", "© 2021 Exempel. Alla rättigheter förbehållna."),
            ("fi", "Joki on matala.", "© 2021 Esimerkki. Kaikki oikeudet pidätetään."),
            ("pl", "Rzeka jest płytka.", "© 2021 Przykład. Wszelkie prawa zastrzeżone."),
            ("cs", "Řeka je mělká.", "© 2021 Příklad. Všechna práva vyhrazena."),
            ("hu", "A folyó sekély.", "© 2021 Példa. Minden jog fenntartva."),
            ("ru", "Река обмелела.", "© 2021 Пример. Все права защищены."),
            ("uk", "Річка обміліла.", "© 2021 Приклад. Усі права захищено."),
            ("el", "Το ποτάμι είναι ρηχό.", "© 2021 Παράδειγμα. Με επιφύλαξη παντός δικαιώματος."),
            ("tr", "Nehir sığ.", "© 2021 Örnek. TÜM HAKLARI SAKLIDIR."),
            ("he", "הנהר רדוד.", "© 2021 דוגמה. כל הזכויות שמורות."),
            ("ar", "النهر ضحل.", "© 2021 مثال. جميع الحقوق محفوظة."),
            ("fa", "رودخانه کم‌آب است.", "© کلیه حقوق این سایت محفوظ است."),
            ("hi", "नदी उथली है।", "© 2021 उदाहरण। सर्वाधिकार सुरक्षित।"),
            ("bn", "নদী অগভীর।", "© ২০২১ উদাহরণ। সর্বস্বত্ব সংরক্ষিত।"),
            ("th", "แม่น้ำตื้น", "© 2021 ตัวอย่าง สงวนลิขสิทธิ์"),
            ("km", "ទន្លេរាក់", "© 2021 ឧទាហរណ៍ រក្សាសិទ្ធិគ្រប់យ៉ាង"),
            ("vi", "Sông cạn.", "© 2021 Ví dụ. Mọi quyền được bảo lưu."),
            ("id", "Sungai dangkal.", "© 2021 Contoh. Hak cipta dilindungi undang-undang."),
            ("sw", "Mto una maji kidogo.", "© 2021 Mfano. Haki zote zimehifadhiwa."),
            ("ja", "川が浅い。", "© 2021 例 無断転載を禁じます"),
            ("ko", "강이 얕다.", "© 2021 예시. 무단 전재 및 재배포 금지"),
            ("zh", "河水很浅。", "© 2021 示例 版权所有"),
            ("am", "ወንዙ ጥልቀት የለውም።", "© 2021 ምሳሌ መብቱ በሕግ የተጠበቀ ነው"),
            ("ka", "მდინარე მეჩხერია.", "© 2021 მაგალითი. ყველა უფლება დაცულია."),
            ("hy", "Գետը ծանծաղ է։", "© 2021 Օրինակ։ Բոլոր իրավունքները պաշտպանված են։"),
        ]
    ],
    Shape(
        "conflict_two_licenses",
        "two licenses for one page",
        article("Text.", f'<a rel="license" href="{CC}/by/4.0/">a</a> <a rel="license" href="{CC}/by-nc/4.0/">b</a>'),
        None,
        "conflict",
    ),
    Shape(
        "conflict_meta_and_footer",
        "template and footer disagree",
        article(
            "Text.", f'<a href="{CC}/by-nc-nd/4.0/">CC</a>', f'<meta name="dcterms.license" content="{CC}/by/4.0/">'
        ),
        None,
        "conflict",
    ),
    Shape(
        "conflict_entities",
        "reserved rights written with entities",
        article("Texte.", f'Tous droits r&eacute;serv&eacute;s <a rel="license" href="{CC}/by/4.0/">CC</a>'),
        None,
        "conflict",
    ),
    Shape(
        "conflict_split_markup",
        "reserved rights split by markup",
        article("Text.", f'© All&nbsp;rights\n<b>reserved</b> <a rel="license" href="{CC}/by/4.0/">CC</a>'),
        None,
        "conflict",
    ),
    Shape(
        "conflict_body",
        "reserved rights in a footer without a mark",
        page(f'<p>Text.</p><a rel="license" href="{CC}/by/4.0/">CC</a><p>© 2020 X, all rights reserved</p>'),
        None,
        "conflict",
    ),
    # ---- all rights reserved, and nothing ----
    Shape(
        "reserved_only",
        "an ordinary news site",
        article("Uutinen.", "© 2022 Lehti. Kaikki oikeudet pidätetään."),
        RESERVED,
        "declared",
    ),
    Shape(
        "copyright_only", "a copyright line says nothing about use", article("Text.", "© 2022 Example"), None, "none"
    ),
    Shape("nothing", "most of the web", page("<p>Mālō e lelei.</p>"), None, "none"),
    Shape(
        "some_rights",
        "some rights reserved is not all",
        article("Text.", f'Some rights reserved: <a rel="license" href="{CC}/by/4.0/">CC BY</a>'),
        "CC-BY-4.0",
        "declared",
    ),
    # ---- parts and mentions ----
    Shape(
        "figure_caption",
        "a photo in an article",
        page(
            f'<p>Artikel.</p><figure><img src="a.jpg"><figcaption>Foto: A. <a rel="license" href="{CC}/by/2.0/">CC BY 2.0</a></figcaption></figure>'
        ),
        None,
        "mention",
    ),
    Shape(
        "caption_class",
        "a photo in WordPress",
        page(f'<div class="wp-caption"><a rel="license" href="{CC}/by-sa/2.0/">CC</a></div>'),
        None,
        "mention",
    ),
    Shape(
        "gallery",
        "a gallery",
        page(
            f'<div class="gallery"><a rel="license" href="{CC}/by/4.0/">1</a><a rel="license" href="{CC}/by-sa/4.0/">2</a></div>'
        ),
        None,
        "mention",
    ),
    Shape(
        "comment",
        "a reader's comment",
        page(f'<div class="comment-body">I use <a rel="license" href="{CC}/by/4.0/">CC BY</a></div>'),
        None,
        "mention",
    ),
    Shape(
        "quotation",
        "a quoted page",
        page(f'<blockquote>Text <a rel="license" href="{CC}/by/4.0/">CC BY</a></blockquote>'),
        None,
        "mention",
    ),
    Shape(
        "font_credit",
        "a font's license in a footer",
        article("Text.", f'Icons: <a href="{CC}/by/3.0/">CC BY 3.0</a>'),
        None,
        "mention",
    ),
    Shape(
        "photo_credit_es",
        "photos in a footer",
        article("Texto largo.", f'Fotos: <a href="{CC}/by/4.0/">CC BY 4.0</a>'),
        None,
        "mention",
    ),
    Shape(
        "photo_credit_ja",
        "photos in a footer",
        article("本日の記録。", f'写真：<a href="{CC}/by/4.0/">CC BY 4.0</a>'),
        None,
        "mention",
    ),
    Shape(
        "theme_credit",
        "a theme's license in a footer",
        article("Text.", '<a href="https://www.gnu.org/licenses/gpl-2.0.html">GPL</a>'),
        None,
        "mention",
    ),
    Shape(
        "text_and_images",
        "text and images together",
        article("Text.", f'Text and images: <a href="{CC}/by-sa/4.0/">CC BY-SA 4.0</a>'),
        "CC-BY-SA-4.0",
        "declared",
    ),
    Shape(
        "body_link",
        "an article about licenses",
        page(f'<p>Many blogs use <a href="{CC}/by/4.0/">CC BY 4.0</a> these days.</p>'),
        None,
        "mention",
    ),
    Shape(
        "license_list",
        "a page about licenses",
        page("".join(f'<li><a href="{CC}/{f}/4.0/">{f}</a></li>' for f in ("by", "by-sa", "by-nc"))),
        None,
        "mention",
    ),
    Shape(
        "chooser",
        "a license chooser",
        page(
            f'<form><select><option>CC BY 4.0</option></select></form><div class="license-chooser"><a rel="license" href="{CC}/by/4.0/">BY</a></div>'
        ),
        None,
        "mention",
    ),
    Shape(
        "comment_in_markup",
        "a license in an HTML comment",
        page(f'<p>Text.</p><!-- <a rel="license" href="{CC}/by/4.0/">CC</a> -->'),
        None,
        "none",
    ),
    Shape(
        "textarea",
        "embed code to copy",
        page(f'<textarea><a rel="license" href="{CC}/by/4.0/">CC</a></textarea>'),
        None,
        "none",
    ),
    Shape(
        "script",
        "markup in a script",
        page(f'<script>var x = \'<a rel="license" href="{CC}/by/4.0/">\';</script>'),
        None,
        "none",
    ),
    Shape(
        "caption_reserved",
        "a photographer's rights in a caption do not touch the article",
        page(
            f'<figure><figcaption>© A. All rights reserved.</figcaption></figure><p>Text.</p><footer><a rel="license" href="{CC}/by/4.0/">CC</a></footer>'
        ),
        "CC-BY-4.0",
        "declared",
    ),
    Shape(
        "other_host",
        "a host that only looks right",
        article("Text.", '<a rel="license" href="https://creativecommons.org.example.net/licenses/by/4.0/">CC</a>'),
        None,
        "weak",
    ),
    Shape(
        "host_in_query",
        "a redirect through another site",
        article("Text.", f'<a rel="license" href="https://out.example/?to={CC}/by/4.0/">CC</a>'),
        None,
        "weak",
    ),
    Shape(
        "database_license",
        "a license for databases is no license for texts",
        article("Text.", '<a rel="license" href="https://opendatacommons.org/licenses/by/1-0/">ODC-By</a>'),
        None,
        "weak",
    ),
    Shape(
        "rdfa_part",
        "RDFa about another thing",
        page(f'<div about="/picture.jpg"><a rel="license" href="{CC}/by/4.0/">CC</a></div>'),
        None,
        "mention",
    ),
    Shape(
        "code_sample_reserved",
        "a manual shows a license header",
        page(
            f'<p>Skrifaðu:</p><pre>Copyright: 2020 X. License: All rights reserved.</pre><a rel="license" href="{CC}/by/4.0/">CC</a>'
        ),
        "CC-BY-4.0",
        "declared",
    ),
]
