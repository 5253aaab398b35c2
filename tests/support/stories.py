"""Short stories in two languages, made of sentences written for the tests: enough to calibrate on, all different."""

import random
from collections.abc import Sequence

BASQUE = (
    "Goizean amona azokara joan da eta tomateak, piperrak eta ogi freskoa erosi ditu.",
    "Gure kaleko haurrek arratsalde osoan futbolean jokatzen dute eskolaren aurrean.",
    "Herritik igarotzen den ibaia oso handi dator udaberri honetan.",
    "Elurra egiten duenean mendiko bidea itxita dago eta inor ezin da pasatu.",
    "Aitonak gauero istorioak kontatzen ditu gaztea zeneko garaiei buruz.",
    "Liburutegian badira urteetan inork ireki ez dituen liburu zaharrak.",
    "Nire arrebak medikuntza ikasten du Bilbon eta jaiegunetan bakarrik itzultzen da.",
    "Okina egunsentia baino lehen jaikitzen da ogia bero egon dadin.",
    "Portuan arrantzaleek sareak konpontzen dituzte eta haizea baretzeko zain daude.",
    "Andereñoak esan digu bihar museora joango garela autobusez.",
    "Amak loreak landatzen ditu balkoian eta goizero ureztatzen ditu.",
    "Donostiako trena ordubete berandu iritsi zen trenbidea urpean zegoelako.",
    "Etxe atzeko mahastiek iaz baino mahats gehiago eman dute aurten.",
    "Errota zaharrak ez du lanik egiten, baina jendea oraindik etortzen da ikustera.",
    "Bihar euririk egiten ez badu, belarra bilduko dugu goiko zelaian.",
    "Anaiak bizikleta bat erosi zion auzokoari eta berak bakarrik konpondu zuen.",
    "Medikuak esan du haurrak te asko edan eta atseden hartu behar duela.",
    "Ezkontzan musikak gauerdira arte jo zuen eta denek dantza egin zuten.",
    "Erlezainak ezti pote bat eman zigun eta erleak nola bizi diren erakutsi zigun.",
    "Izkinako denda lehenago ixten da igandeetan.",
    "Katua leihoan lo dago eta ez da esnatzen euria egiten duenean ere.",
    "Zubi berria amaituta dago, beraz orain ordu erdian iristen gara hirira.",
    "Izebak gutunak idazten ditu, ez zaiolako telefonoz hitz egitea gustatzen.",
    "Udazkenean herriak piper errearen eta kearen usaina du.",
)
MACEDONIAN = (
    "Утрово баба ми отиде на пазар и купи домати, пиперки и свеж леб.",
    "Децата од нашата улица цело попладне играат фудбал пред училиштето.",
    "Реката што тече низ селото оваа пролет е многу висока.",
    "Кога паѓа снег, патот до планината е затворен и никој не може да помине.",
    "Мојот дедо секоја вечер раскажува приказни за времето кога бил млад.",
    "Во библиотеката има стари книги што никој не ги отворил со години.",
    "Сестра ми учи медицина во Скопје и се враќа дома само за празниците.",
    "Пекарот станува пред зори за лебот да биде топол кога ќе дојдат луѓето.",
    "На езерото рибарите ги поправаат мрежите и чекаат да се смири ветрот.",
    "Учителката ни рече дека утре ќе одиме во музејот со автобус.",
    "Мајка ми сади цвеќиња на балконот и секое утро ги полева.",
    "Возот за Битола доцнеше еден час бидејќи пругата беше под вода.",
    "Лозјата зад куќата годинава дадоа повеќе грозје од минатата година.",
    "Старата воденица повеќе не работи, но луѓето и денес доаѓаат да ја видат.",
    "Ако утре не врне, ќе го собереме сеното од ливадата.",
    "Брат ми купи велосипед од соседот и сам го поправи.",
    "Лекарот рече дека детето треба да пие многу чај и да мирува.",
    "На свадбата свиреше музика до доцна во ноќта и сите играа оро.",
    "Пчеларот ни даде тегла мед и ни покажа како живеат пчелите.",
    "Продавницата на аголот се затвора порано во недела.",
    "Мачката спие на прозорецот и не се буди ни кога врне.",
    "Новиот мост е готов, па сега до градот се стигнува за половина час.",
    "Тетка ми пишува писма затоа што не сака да зборува на телефон.",
    "Во есента селото мириса на печени пиперки и на дим.",
)


def stories(sentences: Sequence[str], count: int, *, seed: int = 1) -> list[str]:
    """Return different texts of 12 to 16 sentences, no sentence twice in one text, four to a line."""
    pick = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        chosen = pick.sample(sentences, pick.randint(12, 16))
        found["\n".join(" ".join(chosen[start : start + 4]) for start in range(0, len(chosen), 4))] = None
    return list(found)
