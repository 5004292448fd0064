"""What the seed articles say in other words, by hand: which sentences of which others carry a statement.

Written by reading the articles, before anything looked for them. A sentence is known by words of it. Where a sentence
says a part, or something that a reader may or may not take for the same, it is `open`: neither right nor wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field

FRENCH = "000_26e0559497798c00"
TABLOID = "001_1cf67b88aa30fa13"
ASSAM = "002_6378cb4c47d900f5"
BBC = "003_97ab892218fedf90"
KYIV = "004_8a38857d99c895f8"
ARTICLES = (FRENCH, TABLOID, ASSAM, BBC, KYIV)


@dataclass(frozen=True)
class Statement:
    """A sentence of an article, by words of it; those of others that carry it, and those that are open."""

    article: str
    words: str
    carried: dict[str, tuple[str, ...]] = field(default_factory=dict)
    open: dict[str, tuple[str, ...]] = field(default_factory=dict)


STATEMENTS = (
    Statement(
        FRENCH,
        "We consider these actions an attempted terrorist act",
        {
            TABLOID: (
                "Moscow said it had foiled the attempt and called it",
                "Moscow furiously decried the attack",
                "The Kremlin has assessed these actions",
            ),
            ASSAM: ("The Kremlin described the incident as",),
            BBC: ("It said it regarded this",),
            KYIV: ("We consider these actions as a planned terrorist act",),
        },
        {KYIV: ("The Kremlin has called the alleged attack a",)},
    ),
    Statement(
        FRENCH,
        "Russia reserves the right to take retaliatory measures where and when it deems",
        {
            TABLOID: ("The Russian side reserves the right", "Russia made clear it reserved the right"),
            ASSAM: ("Moscow has reserved the right to retaliate",),
            BBC: ("It said it regarded this",),
            KYIV: ("Russia reserves the right to respond", "The Russian authorities said they reserve the right"),
        },
    ),
    Statement(
        BBC,
        "Russia has accused Ukraine of trying to assassinate President Vladimir Putin by using drones",
        {
            FRENCH: ("Russia said on Wednesday it shot down two Ukrainian drones",),
            TABLOID: (
                "Russia has accused Ukraine of trying to assassinate",
                "Russia has accused Ukraine of attempting to assassinate",
                "Zelensky on Wednesday denied Moscow’s claims",
                "The Kremlin said on Wednesday it shot down two drones",
            ),
            ASSAM: ("The Russian government has accused Ukraine",),
            KYIV: ("Russian authorities have accused Ukraine",),
        },
        {
            FRENCH: ("Ukraine has claimed it had",),
            TABLOID: ("The allegation of the failed assassination attempt",),
        },
    ),
    Statement(
        BBC,
        "Ukraine said it had nothing to do with the alleged drone strike",
        {
            FRENCH: ("Ukraine has claimed it had", "Ukraine has nothing to do with the drone attacks"),
            TABLOID: ("But Ukraine quickly responded to the claim", "Zelensky on Wednesday denied Moscow’s claims"),
            ASSAM: ("In response, Ukraine has denied any involvement",),
            KYIV: ("the Ukrainian government has denied any involvement",),
        },
        {
            TABLOID: ("We didn’t attack Putin", "Podolyak added that"),
            KYIV: ("refuted the allegations",),
        },
    ),
    Statement(
        KYIV,
        "Moscow Mayor Sergei Sobyanin announced a ban on using drones",
        {
            FRENCH: ("The mayor of the capital, Sergei Sobyanin",),
            TABLOID: ("as Moscow’s mayor announced a ban",),
            ASSAM: ("Moscow’s mayor, Sergei Sobyanin, announced a ban",),
        },
        {ASSAM: ("The ban is aimed at preventing",)},
    ),
    Statement(
        KYIV,
        "Peskov also confirmed that the Victory Day parade would take place as scheduled",
        {
            FRENCH: ("said on Wednesday that the big military parade in Red Square",),
            TABLOID: ("Putin’s spokesman Dmitry Peskov said today the parade would go ahead",),
            ASSAM: ("the Kremlin has confirmed that Moscow’s annual Victory Day parade",),
        },
        {ASSAM: ("The Russian security services are reportedly working",)},
    ),
    Statement(
        KYIV,
        "Kremlin spokesman Dmitry Peskov confirmed that Putin was not in the Kremlin",
        {
            TABLOID: (
                "RIA said Putin had not been in the Kremlin at the time",
                "State media 360TV reported Putin was not in the Kremlin",
                "Dmitry Peskov confirmed Putin was working as normal",
            ),
            ASSAM: ("While Putin was not present at the time",),
            BBC: ("said the Russian leader had not been in the complex", "He was working in Novo Ogaryovo"),
        },
        {TABLOID: ("his spokesman would not have admitted it", "It certainly wasn’t an attempt to assassinate Putin")},
    ),
    Statement(
        FRENCH,
        "Mr Putin was uninjured and there were no casualties or damage",
        {
            TABLOID: (
                "Putin was not injured, and there was no material damage",
                "the president was not injured",
            ),
            BBC: ("The Russian leader was unhurt", "Fragments of the drones had fallen"),
            KYIV: ("The Kremlin added that Putin was safe",),
        },
        {
            TABLOID: ("There were no casualties during the fall",),
            ASSAM: ("they were shot down before causing any damage",),
            KYIV: ("but did not cause any damage",),
        },
    ),
    Statement(
        BBC,
        "Russia said the two drones targeting the Kremlin",
        {
            FRENCH: ("two machines that were trying to reach the Russian seat of power",),
            TABLOID: ("The Kremlin said two drones had been used in the alleged attempt",),
            KYIV: ("The Kremlin has called the alleged attack a",),
        },
        {
            FRENCH: ("Russia said on Wednesday it shot down two Ukrainian drones",),
            TABLOID: (
                "Two unmanned vehicles were aimed at the Kremlin",
                "The Kremlin said on Wednesday it shot down two drones",
                "after Russia said the two drones were shot down",
            ),
            ASSAM: ("they were shot down before causing any damage",),
        },
    ),
    Statement(
        KYIV,
        "The Kremlin did not present any evidence to back up its claims",
        {TABLOID: ("The Kremlin did not present any evidence to back up its account",)},
    ),
    Statement(
        KYIV,
        "revealed that debris from the unmanned aerial vehicles fell",
        {
            TABLOID: (
                "There were no casualties during the fall",
                "The Kremlin said fragments of the drones had been scattered",
            ),
            BBC: ("Fragments of the drones had fallen",),
        },
    ),
    Statement(
        FRENCH,
        "announced on Wednesday a 58-hour curfew in Kherson",
        {
            TABLOID: (
                "will be under curfew from Friday evening until Monday morning",
                "the frontline city of Kherson in southern Ukraine announced a long curfew",
            )
        },
        {TABLOID: ("During these 58 hours", "Regional officials said this was")},
    ),
    Statement(FRENCH, "two strikes on a supermarket and the train station in this city left at least four dead"),
    Statement(
        FRENCH,
        "visited Finland, a new NATO member",
        {TABLOID: ("Zelensky was on a surprise visit",)},
        {TABLOID: ("told reporters at a joint press conference with Nordic leaders",)},
    ),
    Statement(
        FRENCH,
        "A fuel depot thus caught fire overnight",
        {TABLOID: ("they were dealing with a major fire at a fuel depot",)},
    ),
    Statement(
        FRENCH,
        "the disaster was caused by the",
        {TABLOID: ("the fire had been caused by a drone",)},
    ),
    Statement(
        ASSAM,
        "An unverified video circulating on Russian social media appears to show smoke",
        {
            FRENCH: ("Another shows a plume of smoke rising",),
            TABLOID: (
                "appeared to show a plume of smoke over Kremlin spires",
                "Video purportedly shows smoke rising over the Kremlin",
                "A plume of smoke rises over the illuminated spires",
            ),
            BBC: ("One video on social media showed smoke rising",),
            KYIV: ("what appeared to be smoke rising over the Kremlin",),
        },
        {
            FRENCH: ("a small drone is seen approaching the roofs",),
            BBC: ("Unverified footage on social media appeared to show an object",),
        },
    ),
    Statement(
        TABLOID,
        "Podolyak added that",
        {ASSAM: ("Podolyak stating that",)},
        {
            FRENCH: ("Ukraine has nothing to do with the drone attacks", "Ukraine has claimed it had"),
            BBC: ("Ukraine said it had nothing to do",),
            KYIV: ("refuted the allegations", "the Ukrainian government has denied"),
        },
    ),
    Statement(
        BBC,
        "Another official told the BBC",
        {TABLOID: ("said the accusation that Kyiv was behind the attack",)},
    ),
    Statement(
        BBC,
        "It also noted the incident had come shortly before",
        {
            FRENCH: ("took place a few days before the celebrations",),
            TABLOID: ("coming less than a week before", "comes ahead of a huge military parade"),
        },
        {
            FRENCH: ("a few days before major military celebrations",),
            TABLOID: ("on the eve of Victory Day",),
            KYIV: ("carried out on the eve of the Victory Day", "as Russia prepares to observe its annual Victory Day"),
        },
    ),
    Statement(
        BBC,
        "the Kyiv regime attempted to carry out a strike on the Kremlin residence",
        {FRENCH: ("the Kyiv regime tried to hit the Kremlin",)},
        {
            FRENCH: ("Russia said on Wednesday it shot down",),
            TABLOID: (
                "Two unmanned vehicles were aimed at the Kremlin",
                "Russia has accused Ukraine",
                "The Kremlin said on Wednesday it shot down two drones",
            ),
            ASSAM: ("The Russian government has accused Ukraine",),
            KYIV: ("Ukrainian formations used drones to attack", "Russian authorities have accused Ukraine"),
        },
    ),
    Statement(TABLOID, "Head of pro-Putin Wagner private army Yevgeny Prigozhin said"),
    Statement(TABLOID, "US Secretary of State Antony Blinken said he is highly skeptical"),
    Statement(TABLOID, "He met Chinese president Xi in the flat"),
    Statement(KYIV, "suggested that the Kremlin should order a missile strike"),
    Statement(FRENCH, "The Briansk region, bordering Ukraine, announced on Wednesday"),
    Statement(
        FRENCH,
        "this is the first time an incursion attributed to Ukraine has occurred in such a central part",
    ),
    Statement(ASSAM, "Victory Day is a significant event for Putin"),
    Statement(BBC, "it is astonishing to think that drones could have got anywhere near"),
    Statement(TABLOID, "The Ukrainian forces reportedly launched the UJ-22 drone"),
    Statement(
        TABLOID, "An explosion also caused a freight train to derail", open={FRENCH: ("two spectacular sabotages",)}
    ),
)

# One quotation in several versions, each as its own article has it between marks; the parts that a sentence quotes in
# turn are one, from the first mark to the last.
VERSIONS: tuple[dict[str, tuple[str, ...]], ...] = (
    {
        FRENCH: ("We consider these actions an attempted terrorist act and an attempt on the life of the president",),
        TABLOID: (
            "a planned terrorist act and an attempt on the life of the President of the Russian Federation",
            "The Kremlin has assessed these actions as a planned terrorist act and an assassination attempt on the "
            "president on the eve of Victory Day, the May 9 Parade,",
        ),
        ASSAM: ("planned terrorist act” and an “attempt on the life of the President of the Russian Federation.",),
        BBC: ("as a planned terrorist act and an assassination attempt on the president",),
        KYIV: (
            "We consider these actions as a planned terrorist act and an attempt on the life of the president of "
            "Russia, carried out on the eve of the Victory Day, the parade on May 9, where foreign dignitaries are "
            "expected.",
        ),
    },
    {
        FRENCH: ("Russia reserves the right to take retaliatory measures where and when it deems appropriate,",),
        TABLOID: ("The Russian side reserves the right to take retaliatory measures where and when it sees fit,",),
        BBC: ("reserves the right to take retaliatory measures wherever and whenever is deemed necessary",),
        KYIV: ("when and where it sees fit,",),
    },
    {
        FRENCH: ("Last night, the Kyiv regime tried to hit the Kremlin",),
        BBC: (
            "Last night, the Kyiv regime attempted to carry out a strike on the Kremlin residence of the President of "
            "the Russian Federation with unmanned aerial vehicles.",
        ),
    },
)
