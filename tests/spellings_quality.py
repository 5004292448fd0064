"""How well spellings of a name are told from other names; run by hand: `python tests/spellings_quality.py`.

Pairs are written by hand: spellings of people and places in the news over several romanisations, and false friends. The
rules were chosen with the first lists in view. The lists HELD_OUT were written afterwards; they took one rule away (ck
for k, which made Barak of Barack) and changed nothing else. Each pair is tried in a corpus where one is frequent and
the other rare, where both are frequent, and in a question about a name that the corpus has only in the other spelling.

The vocabularies are those of the public sets that lie beside the project: every group is printed for a person to judge,
and how many terms of the sets' questions are widened, which makes them stand in how many more articles.
"""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import click
import public_sets
import seed_questions

from index import features
from index.languages import forms, indexed
from index.spellings import groups, key, names_in, variants

ROOT = Path(__file__).parent.parent
FREQUENT, RARE = 50, 1

# A name a line, first the spelling that the others are held against.
SPELLINGS = """
Podolyak Podoliak Podoljak Подоляк
Zelensky Zelenskyy Zelenskiy Zelenskyi Zelenski Zelenskyj Зеленский Зеленський
Bryansk Briansk Брянск
Tymoshenko Timoshenko Тимошенко
Yanukovych Yanukovich Ianukovych
Zaluzhny Zaluzhnyi Zaluzhnyy Zaluzhniy
Syrsky Syrskyi Syrskiy
Prigozhin Prigojin Пригожин
Shoigu Shoygu Шойгу
Navalny Navalnyy Nawalny Навальный
Lukashenko Lukashenka Лукашенко
Gorbachev Gorbachov Горбачёв
Khrushchev Khruschev Хрущёв
Yekaterinburg Ekaterinburg
Yevgeny Evgeny Yevgeniy Evgeni
Medinsky Medinskiy
Peskov Peskoff
Nemtsov Nemcov
Tchaikovsky Chaikovsky Tchaikovski
Sergei Sergey Sergej
Alexei Aleksei Alexey Aleksey
Alexander Aleksander
Dmitry Dmitri Dmitriy
Mykhailo Mikhailo Mihailo
Volodymyr Volodimir
Luhansk Lugansk
Odesa Odessa
Zaporizhzhia Zaporizhzhya
Kharkiv Harkiv
Kherson Herson
Tsarnaev Tsarnayev
Kadyrov Kadirov Кадыров
Nazarbayev Nazarbaev
Tokayev Tokaev
Saakashvili Sakashvili
Lavrov Lawrow Лавров
Milosevic Milošević Milosevich
Djokovic Đoković
Ibrahimovic Ibrahimovich Ibrahimović
Abramovich Abramovic
Gaddafi Gadafi Gadhafi Ghaddafi Qaddafi
Qaddafi Kaddafi Qadhafi
Hezbollah Hizbollah Hizbullah
Mohammed Mohamed Mohammad Muhammad
Hussein Husein Hussain
Khamenei Khamenai
Netanyahu Netanyahou
Rouhani Ruhani
Soleimani Soleymani Suleimani
Ahmadinejad Ahmedinejad
Nasrallah Nasrullah
Erdogan Erdoğan
Assad Asad
Hassan Hasan
Houthi Huthi
Taliban Taleban
Qaeda Qaida
Riyadh Riyad
Mahmoud Mahmud
Moqtada Moktada Muqtada
Müller Mueller Muller
Schröder Schroeder
Zürich Zuerich
Göring Goering
Hoffman Hoffmann
Rajapaksa Rajapakse
Tutankhamun Tutankhamen
Tolstoy Tolstoi
Dostoevsky Dostoyevsky Dostoevskij
Rachmaninov Rachmaninoff
Romanov Romanoff
Chekhov Tchekhov
Yushchenko Yuschenko
Ceausescu Ceaușescu
Kaczynski Kaczyński
Marrakesh Marrakech
Philippines Phillippines
Yeltsin Eltsin
Kyiv Kiev
Natalia Natalya Nataliya
Tatiana Tatyana Tatjana
Tajikistan Tadjikistan
Vladimir Wladimir
Kandinsky Kandinski
Haakon Håkon
Poroshenko Porochenko
Reykjavik Reykjavík
"""
SPELLINGS_HELD_OUT = """
Budanov Budanow Буданов
Kuleba Кулеба
Yermak Ermak
Kolomoisky Kolomoyskyi Kolomoyskiy
Akhmetov Ahmetov
Klitschko Klychko
Avdiivka Avdeevka
Vuhledar Ugledar
Melitopol Мелитополь
Mishustin Mischustin
Nabiullina Набиуллина
Zakharova Zaharova
Surovikin Surovikine
Gerasimov Guerassimov
Strelkov Strelkow
Dvornikov Dvornikoff
Khodorkovsky Khodorkovskiy Hodorkovsky
Yavlinsky Yavlinskiy Iavlinski
Zyuganov Ziuganov
Zhirinovsky Jirinovski
Brezhnev Brejnev
Solzhenitsyn Soljenitsyne Solzhenicyn
Shevardnadze Chevardnadze
Aliyev Aliev
Mirziyoyev Mirziyoev
Karimov Kerimov
Dudayev Dudaev
Basayev Basaev
Maskhadov Mashadov
Tikhanovskaya Tsikhanouskaya Tikhanovskaia
Izetbegovic Izetbegović
Vucic Vučić
Tudjman Tuđman
Khomeini Homeini
Ghalibaf Qalibaf
Haniyeh Haniya
Barghouti Barghuti
Sistani Seestani
Mubarak Moubarak
Bouteflika Buteflika
Ouattara Uattara
Özil Oezil
Schäuble Schaeuble
Strauß Strauss
Jaruzelski Yaruzelski
Wałęsa Walesa
Händel Handel Haendel
Sørensen Sorensen Soerensen
Zhytomyr Zhitomir
Chernivtsi Chernivci
"""
FRIENDS = """
Iran Iraq, Austria Australia, Brown Browne, Harris Paris, Macron Micron, Ukraine Ukrainian, Biden Linden,
Putin Pushkin, Mexico Mexican, Niger Nigeria, Slovakia Slovenia, Georgia George, Erdogan Erdogans, Russia Russian,
Russia Prussia, Colombia Columbia, Granada Grenada, Hartford Hertford, Cornwall Cornwell, Petersen Peterson,
Andersen Anderson, Johnson Johnston, Johnson Jonson, Hansen Hanson, Francisco Francesco, Alexandra Alexandria,
Christina Christine, Carolina Caroline, Sydney Sidney, Lyons Lions, Bryan Brian, Robyn Robin, Henry Henri, Sunny Sunni,
Meghan Megan, Houston Huston, Michael Michal, Schultz Shultz, Hendricks Hendrix, Marks Marx, Desert Dessert,
Marsh March, Moore More, Miller Muller, Keller Heller, Palmer Balmer, Clinton Clifton, Bolton Boston, Dallas Pallas,
Libya Syria, Gambia Zambia, Ireland Iceland, Island Ireland, Latvia Lithuania, Mali Malawi, Mali Bali, Chad China,
India Indiana, Guinea Guyana, Dominica Dominican, Oman Omar, Jordan Gordan, Jordan Jordaan, Israel Israeli,
Kiev Kyle, Kharkiv Kherson, Donetsk Dnipro, Lviv Kyiv, Putin Rasputin, Medvedev Medvedeva, Ivanov Ivanova,
Petrov Petrova, Petrov Pavlov, Lavrov Lazarov, Zelensky Zelenska, Yanukovych Yushchenko, Lukashenko Timoshenko,
Poroshenko Doroshenko, Kim King, Trump Truman, Obama Osama, Sarkozy Sarkisian, Merkel Merkle, Scholz Schulz, Merz Metz,
Weber Webber, Schmidt Schmitt, Fischer Fisher, Walters Walter, Roberts Robert, Williams William, Stephens Stephen,
Jennings Jenkins, Marina Marine, Maria Mario, Angela Angelo, Daniel Daniels, Marino Martino, Barcelona Barcelo,
Pakistan Palestine, Palestine Palestinian, Taiwan Thailand, Turkey Turkmenistan, Tehran Tirana, Bombay Bowman,
Google Goodell, Apple Appel, Amazon Amazonas, Senate Senator, Minister Ministers, Parliament Parliamentary,
Democrat Democratic, Washington Worthington, Manchester Winchester, Leicester Lancaster, Portland Poland,
Holland Hollande, Finland Finnish, Berlin Bernie, Hamas Hamad, Hamas Bahamas, Yemen Yemeni, Kuwait Kuwaiti, Khan Kahn,
Khan Han, Cohen Cohn, Levin Levine, Stern Sterne, Klein Kline, Greene Green, Clark Clarke, Allen Allan,
Philip Philippe, Matthew Matthews, Nicholas Nicolaus, Alexander Alexandre, Andrea Andrei, Andrew Andrews,
Marianne Mariana, Valencia Valentia, Virginia Virgin, Montana Montagna, Nevada Nevado, Victoria Victorian,
Elizabeth Elizabethan, Stuart Stewart, Monday Sunday, January February, Street Streep, Northern Southern,
Council Counsel, Princess Princes, Prince Price, Kingston Kingsten, Winston Weston, Hilton Milton, Houthi South,
Rohan Rogan, Later Latter, Diner Dinner, 2022 2023
"""
FRIENDS_HELD_OUT = """
Albania Albany, Algeria Nigeria, Angola Angora, Bahrain Brahmin, Belarus Belgrade, Bolivia Bolivar, Brunei Bruno,
Burma Burna, Burundi Burgundy, Cambodia Gambia, Chile Chiles, Congo Kongo, Croatia Croat, Cuba Cuban, Estonia Estonian,
Fiji Fuji, Gabon Gibbon, Haiti Tahiti, Kenya Kenyan, Kosovo Kosovar, Lesotho Soto, Liberia Siberia, Macedonia Macedon,
Malta Mali, Mauritania Mauritius, Monaco Morocco, Mongolia Mongol, Norway Norwegian, Panama Panamanian, Peru Perugia,
Rwanda Uganda, Samoa Somoza, Serbia Siberia, Somalia Mali, Sudan Sedan, Tonga Togo, Tunisia Tunis, Vatican Vatikiotis,
Vietnam Vietnamese, Zambia Namibia, Bremen Brennan, Hanover Hannover, Naples Maples, Venice Venezia, Lisbon Lesbos,
Warsaw Walsall, Prague Praga, Cologne Colonel, Milan Milano, Geneva Genoa, Brussels Bristol, Johansen Johanson,
Erikson Ericson, Nielsen Nelson, Larsen Larson, Sanders Saunders, Edwards Edward, Richards Richard, Phillips Philips,
Thompson Thomson, Simpson Simson, Robertson Robinson, Jackson Jaxon, Dickson Dixon, Nixon Dixon, Watson Watts,
Wilson Willson, Collins Colin, Perkins Parkins, Hopkins Hoskins, Rodriguez Rodrigues, Gonzalez Gonzales,
Fernandez Hernandez, Martinez Martin, Sanchez Sancho, Ramirez Ramires, Gutierrez Guterres, Medina Modena,
Morales Moralez, Castro Castor,
Chavez Chaves, Maduro Madura, Bolsonaro Bolsover, Kirchner Kirschner, Pinera Pinero, Barack Barak, Ehud Yehud,
Sharon Charon, Rabin Rubin, Peres Perez, Begin Beguin, Abbas Abba, Arafat Ararat, Sadat Saddam, Nasser Nassau,
Mandela Mandala, Mbeki Mbeke, Zuma Puma, Gandhi Ghana, Nehru Peru, Modi Moody, Singh Sing, Kapoor Kapur,
Shinzo Shinto, Kishida Nishida, Tanaka Tanaka's, Lee Leigh, Chang Zhang, Zheng Cheng, Wang Huang,
Chávez Chablis,
Berlusconi Bertolucci,
Meloni Melon, Draghi Drago, Monti Montig, Renzi Renzo, Hollande Holland, Chirac Shirak, Mitterrand Mitterand's,
Blair Blaire, Thatcher Hatcher, Cameron Cameroon, Sunak Sonak, Truss Truses, Starmer Stormer, Corbyn Corbin,
Farage Garage, Khalid Halid, Karolina Carolina, Katharina Catherine, Kristina Christina, Katrina Catriona,
Viktor Victor, Marcos Marcus, Carlos Carlo, Pablo Paulo, Pedro Petro, Ronaldo Ronald, Messi Messina, Neymar Weimar,
Salah Salih
"""


def pairs(lines: str) -> list[tuple[str, str]]:
    """The first name of each line with each of the others."""
    rows = [line.lower().split() for line in lines.strip().splitlines()]
    return [(first, other) for first, *others in rows for other in others]


def friends(names: str) -> list[tuple[str, str]]:
    """The pairs that stand between commas."""
    return [(one, other) for one, other in (pair.lower().split() for pair in names.replace("\n", " ").split(","))]


def joins(one: str, other: str) -> dict[str, bool]:
    """Whether the two become one name, in each of three situations."""
    counts = {"rare beside frequent": (FREQUENT, RARE), "both frequent": (FREQUENT, FREQUENT)}
    found = {
        words: any(len(group) > 1 for group in groups({one: first, other: second}).values())
        for words, (first, second) in counts.items()
    }
    return found | {"asked, not in the corpus": other in variants(one, groups({other: FREQUENT}), known=False)}


def report_pairs(title: str, true: list[tuple[str, str]], false: list[tuple[str, str]]) -> None:
    print(f"\n{title}: {len(true)} true pairs, {len(false)} false friends")
    outcomes = {pair: joins(*pair) for pair in true + false}
    for situation in joins("a", "b"):
        hit = [pair for pair in true if outcomes[pair][situation]]
        wrong = [pair for pair in false if outcomes[pair][situation]]
        precision = len(hit) / max(1, len(hit) + len(wrong))
        print(
            f"  {situation}: recall {len(hit) / len(true):.3f}, {len(wrong)} joined wrongly, precision {precision:.3f}"
        )
    print("  missed:", ", ".join(" ".join(pair) for pair in true if not any(outcomes[pair].values())))
    print("  joined wrongly:", ", ".join(" ".join(pair) for pair in false if any(outcomes[pair].values())))


def report_set(name: str, texts: list[str], questions: list[str], sample: int) -> None:
    names = names_in(texts)
    found = groups(names)
    several = sorted({group for group in found.values() if len(group) > 1})
    slips = sum(len({key(spelling) for spelling in group}) > 1 for group in several)
    print(
        f"\n{name}: {len(texts)} articles, {len(names)} names, {len(several)} of several spellings, {slips} not by key"
    )
    for group in random.Random(0).sample(several, min(sample, len(several))):
        print("   ", ", ".join(f"{spelling} {names[spelling]}" for spelling in group))
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE VIRTUAL TABLE held USING fts5 (words, tokenize='porter unicode61 remove_diacritics 2')")
        db.executemany("INSERT INTO held VALUES (?)", ((indexed(text, "en"),) for text in texts))

        def frequency(spellings: tuple[str, ...]) -> int:
            match = " OR ".join(f'"{form}"' for spelling in spellings for form in forms(spelling, ["en"]))
            return db.execute("SELECT count(*) FROM held WHERE held MATCH ?", (match,)).fetchone()[0]

        asked = [features.terms(question) for question in questions]
        before = {term: frequency((term,)) for terms in asked for term in terms}
        others = {term: variants(term, found, known=count > 0) for term, count in before.items()}
        after = {term: frequency((term, *others[term])) for term in before if others[term]}
    touched = sum(any(others[term] for term in terms) for terms in asked)
    print(f"  {len(questions)} questions, {len(before)} terms, {len(after)} widened, in {touched} questions")
    for term in sorted(after)[:sample]:
        print(f"    {term} {before[term]} → {after[term]}: {', '.join(others[term])}")


@click.command(help=__doc__)
@click.option("--sample", default=40, show_default=True, help="Groups and terms that are printed for each set.")
def main(sample: int) -> None:
    report_pairs("Lists that the rules were chosen with", pairs(SPELLINGS), friends(FRIENDS))
    report_pairs("Lists written afterwards", pairs(SPELLINGS_HELD_OUT), friends(FRIENDS_HELD_OUT))
    seeds = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "seeds").glob("*.txt"))]
    report_set("seeds", seeds, [question.text for question in seed_questions.load()], sample)
    for name in public_sets.available():
        rows = public_sets.articles(name)
        asked = [question.text for question in public_sets.questions(name)]
        report_set(name, [row["text"] for row in rows], asked, sample)


if __name__ == "__main__":
    main()
