"""A sentence in each of nine languages, in its own script."""

SENTENCES = {
    "eus_Latn": "Arratsaldean amonak sagar tarta egin zuen, eta ilobek dena jan zuten sukaldeko mahaian.",
    "deu_Latn": "Am Nachmittag backte die Großmutter einen Apfelkuchen, und die Enkel aßen ihn am Küchentisch auf.",
    "hin_Deva": "दोपहर में दादी ने सेब का केक बनाया और बच्चों ने रसोई की मेज़ पर बैठकर सब खा लिया।",
    "tha_Thai": "ตอนบ่ายคุณยายทำขนมแอปเปิ้ล แล้วหลานๆ ก็นั่งกินที่โต๊ะในครัวจนหมด",
    "khm_Khmr": "នៅពេលរសៀល លោកយាយបានធ្វើនំផ្លែប៉ោម ហើយចៅៗបានអង្គុយញ៉ាំនៅតុផ្ទះបាយរហូតអស់។",
    "arb_Arab": "بعد الظهر خبزت الجدة كعكة التفاح، وأكلها الأحفاد كلها على طاولة المطبخ.",
    "cmn_Hani": "下午奶奶做了苹果蛋糕，孙子们坐在厨房的桌子旁把它全吃光了。",
    "swh_Latn": "Alasiri bibi alioka keki ya tufaha, na wajukuu wakaila yote mezani jikoni kabla ya giza kuingia.",
    "tur_Latn": "Öğleden sonra büyükannem elmalı kek yaptı ve torunlar mutfak masasında hepsini yedi.",
}
HOSTILE = (
    "",
    " \n\t",
    "12:30 – 14:00 🙂",
    "\x00",
    "\ud800\udc00\udfff",
    "a\x00b\x1fc\x7fd\x85e\ufffef\U0010ffffg",
    "\u202e\u200b\ufeff\u0301\u0301",
    "<script>alert('kaixo')</script>&amp;&#0;",
    "ა" * 20_000,
    "한국어\ud83d" * 500,
)
