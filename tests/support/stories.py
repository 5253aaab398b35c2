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
MONTENEGRIN = (
    "Јутрос је баба отишла на пијацу и купила парадајз, паприке и свјеж хљеб.",
    "Дјеца из наше улице цијело поподне играју фудбал испред школе.",
    "Ријека која тече кроз село овог прољећа је веома висока.",
    "Кад падне снијег, пут до планине је затворен и нико не може да прође.",
    "Мој ђед свако вече прича приче о времену кад је био млад.",
    "У библиотеци има старих књига које нико није отворио годинама.",
    "Сестра ми учи медицину у Подгорици и враћа се кући само за празнике.",
    "Пекар устаје прије зоре да хљеб буде топао кад људи дођу.",
    "На језеру рибари крпе мреже и чекају да се вјетар смири.",
    "Учитељица нам је рекла да ћемо сјутра ићи у музеј аутобусом.",
    "Мајка ми сади цвијеће на балкону и свако јутро га залива.",
    "Воз за Никшић је каснио један сат јер је пруга била под водом.",
    "Виногради иза куће ове године су дали више грожђа него лани.",
    "Стара воденица више не ради, али људи и данас долазе да је виде.",
    "Ако сјутра не буде кише, покупићемо сијено са ливаде.",
    "Брат ми је купио бицикл од комшије и сам га поправио.",
    "Љекар је рекао да дијете треба да пије много чаја и да мирује.",
    "На свадби је музика свирала до касно у ноћ и сви су играли коло.",
    "Пчелар нам је дао теглу меда и показао како живе пчеле.",
    "Продавница на ћошку недјељом се затвара раније.",
    "Мачка спава на прозору и не буди се ни кад пада киша.",
    "Нови мост је готов, па се сада до града стиже за пола сата.",
    "Тетка ми пише писма зато што не воли да прича телефоном.",
    "У јесен село мирише на печене паприке и на дим.",
)


def stories(sentences: Sequence[str], count: int, *, seed: int = 1) -> list[str]:
    """Return different texts of 12 to 16 sentences, no sentence twice in one text, four to a line."""
    pick = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        chosen = pick.sample(sentences, pick.randint(12, 16))
        found["\n".join(" ".join(chosen[start : start + 4]) for start in range(0, len(chosen), 4))] = None
    return list(found)
