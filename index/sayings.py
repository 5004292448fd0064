"""How English articles say who speaks: the patterns around a quotation that name a speaker and a cue."""

from __future__ import annotations

import re

# Stands for an earlier quotation of the same sentence.
EARLIER = "\1"
# Verbs that say who said what stands beside them.
_VERBS = (
    r"(?:said|says|say|told|tells|added(?!\s+(?:an?|the)\b)|adds|stated|states|insisted|insists|argued|argues|"
    r"claimed|claims|declared|denounced|assured|explained|explains|noted|notes|wrote|writes|tweeted|posted|"
    r"announced|warned|warns|admitted|acknowledged|replied|responded|recalled|remarked|commented|asked|asks|"
    r"concluded|continued|confirmed|reported|reports|suggested|stressed|urged|vowed|pledged|promised|demanded|"
    r"described|called|read|reads|revealed|predicted|joked|shouted|testified|observed|emphasi[sz]ed|"
    r"complained|lamented|recounted|denied|quipped|alleged|opined|advised|informed|cautioned|conceded|countered|"
    r"emphasi[sz]es|exclaimed|maintained|pointed out|proclaimed|affirmed|praised|criticised|criticized|condemned|"
    r"dismissed|hailed|branded|offered|promises|calls|describes|argue|tell|tweets|indicated)"
)
# The same of the subject of the clause before: "…, saying that …".
_PARTICIPLE = (
    r"(?:saying|telling|adding|stating|insisting|arguing|claiming|declaring|explaining|noting|writing|tweeting|"
    r"announcing|warning|admitting|replying|remarking|commenting|asking|concluding|suggesting|stressing|urging|"
    r"promising|demanding|describing|calling|observing|emphasi[sz]ing|denouncing|quipping|alleging|affirming|posting)"
)
_ADVERB = r"(?:(?:also|later|earlier|then|once|however|further|reportedly|again|[a-z]+ly)\s+)?"
_TITLE = r"(?:Mr|Mrs|Ms|Dr|Prof|Gen|Col|Lt|Sgt|Capt|Sen|Rep|Gov|Rev|St|Jr|Sr)\."
PROPER = rf"(?:{_TITLE}|[A-Z]\.(?=\s[A-Z])|[A-Z][\w’'-]*(?:\.[A-Z]\.?)*)"
_LINK = r"(?:of|the|for|and|de|del|della|der|den|van|von|bin|al|el|la|le|du|da|dos|on|in|at|to(?=\sthe)|’s)"
_LOWER = r"[a-z][\w’'-]*"
_ARTICLE = r"(?:[Tt]he|[Aa]n?|[Hh]is|[Hh]er|[Tt]heir|[Ii]ts|[Oo]ne|[Aa]nother|[Ss]everal|[Ss]ome|[Oo]ur)"
# Who may speak without a name.
ROLES = (
    r"(?:officials?|police|officers?|spokes(?:man|woman|person|people)|ministry|ministers?|president|presidency|"
    r"government|office|statement|agency|channel|aide|aides|adviser|advisor|source|sources|residents?|witness(?:es)?|"
    r"authorities|court|judge|prosecutors?|lawyers?|attorneys?|company|department|report|letter|mayor|governor|"
    r"senators?|lawmakers?|activists?|researchers?|scientists?|analysts?|experts?|professor|authors?|coach|"
    r"mother|father|son|daughter|brother|sister|wife|husband|family|neighbou?rs?|survivors?|commander|general|army|"
    r"military|embassy|union|party|group|organi[sz]ation|university|bank|paper|newspaper|text|article|press release|"
    r"description|memo|message|filing|ruling|opinion|complaint|website|tweet|director|manager|students?|friends?|"
    r"investigators?|workers?|leaders?|members?|protesters?|voters?|organi[sz]ers?|critics|supporters|representatives?|"
    r"chair(?:man|woman|person)?|founder|owner|teachers?|doctors?|nurses?|eyewitness(?:es)?|campaigners?|politicians?|"
    r"captain|executive|actors?|actress|singer|artists?|editors?|writers?|comments?|head|chief|deputy|candidate|economists?)"
)
# What "it" may stand for.
BODIES = r"(?i:ministry|presidency|government|office|statement|agency|company|department|court|union)"
PRONOUN = r"(?:[Hh]e|[Ss]he|[Tt]hey|[Ii]t)"
# A name with what stands before it ("Ukrainian presidential adviser Mykhailo Podolyak"), or a description; before a
# verb also what stands after it ("TASS news agency"), and between commas.
_NOT_PLAIN = (
    "today|yesterday|also|later|earlier|then|once|has|had|have|that|who|which|what|while|whereas|however|although|though|"
    "when|if|as|with|after|before|because|since|but|and|or|where|would|will|could|was|were|is|are|be|been"
)
_PLAIN = rf"(?!(?:{_VERBS}|{_NOT_PLAIN})(?![\w’'-])){_LOWER}"
# What a person is, between the name of a house and the person's own: "UCL astronomer Ana Ruiz".
_CALLING = (
    r"(?!(?:after|over|under|never|later|earlier|however|other)\b)[a-z-]+(?:er|or|ist|man|woman|ian|ant|ar|chief|head)"
)
_NAME = rf"(?:{_ARTICLE}\s+)?(?:{_PLAIN}\s+(?:and\s+)?){{0,4}}?{PROPER}(?:\s+(?:{_PLAIN}\s+){{0,3}}?{PROPER})*"
_SHORT_NAME = (
    rf"(?:{_ARTICLE}\s+)?(?:{_PLAIN}\s+){{0,4}}?(?:[\w’'-]+['’]s\s+(?:{_PLAIN}\s+){{0,4}}?)?"
    rf"{PROPER}(?:\s+(?:{_LINK}\s+){{0,2}}{PROPER})*(?:\s+(?:{_PLAIN}\s+)?{_CALLING}\s+{PROPER}(?:\s+{PROPER})+)?"
)
_ROLE = rf"(?:{_ARTICLE}\s+)?(?:(?!{_VERBS}\b)[\w’'-]+\s+){{0,3}}?{ROLES}(?:\s+and\s+(?:[\w’'-]+\s+){{0,2}}?{ROLES})?"
_OF = r"(?:\s+(?:of|for|at|in)\s+(?:[\w’'-]+\s+){0,3}?[\w’'-]+)?"
_WHO = rf"(?P<who>{PRONOUN}(?=\s)|{_NAME}(?:\s+{_PLAIN}){{0,4}}?|{_ROLE}(?:{_OF})?)"
_APPOSED = r"(?P<apposed>(?:\s\([^)]{1,80}\))?(?:,\s[^,\0“”\"]{2,90},|(?<=\))))?"
_WHO_LAST = rf"(?P<who>{PRONOUN}\b|{_SHORT_NAME}(?:\s+(?:{_PLAIN}\s+)?{ROLES}\b)?|{_ROLE}\b)"
_APPOSED_LAST = r"(?P<apposed>,\s(?:an?|the|[A-Z]\w+['’]s)\s[^,.\0“”\"]{2,80}(?=[,.]))?"
_VERB = (
    rf"{_ADVERB}(?:(?:has|had|have)(?:,\s[^,\0]{{2,40}},)?\s+)?(?:(?:went|goes|gone)\s+on\s+to\s+|continued\s+by\s+)?"
    rf"(?P<cue>\b(?:{_VERBS}|(?<=continued by ){_PARTICIPLE})\b)"
)
_ASIDE = r"[,.]?(?:\s*[–—]\s[^–—\0]{2,80}\s[–—])?\s*[–—-]?\s*"

_PAST = (
    r"(?:[a-z]+ed|left|met|made|gave|took|spoke|began|came|went|ran|sent|set|put|won|lost|led|held|fell|broke|wrote)"
)
# What may bring somebody else into a clause.
_SECOND = r"(?:who|whom|which|that|after|when|while|as|because|before|where|since|if|and)"

AFTER = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_ASIDE}{_VERB}\s+{_WHO_LAST}(?![\w’'-]|\s+(?:that\b|to\b(?!\s+[A-Z])|{_VERBS}\b)){_APPOSED_LAST}",
        rf"{_ASIDE}{_WHO}{_APPOSED}\s+{_VERB}",
        rf"(?:[^\0.;:]{{0,80}},|,?)\s*(?P<cue>according to)\s+{_WHO_LAST}{_APPOSED_LAST}",
    )
)
BEFORE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\bwith\s+{_WHO}\s+(?P<cue>{_PARTICIPLE})\b(?=(?P<rest>[^\0]{{0,100}})$)",
        rf"(?P<cue>[Aa]ccording to)\s+{_WHO_LAST}(?P<apposed>,\s[^,\0]{{2,90}},)?(?P<rest>,?\s[^\0.]{{0,150}})$",
        rf"(?:^|[,;:){EARLIER}]\s+(?:and\s+)?|\b(?:[Bb]ut|as|while|with|[Mm]eanwhile|which)\s+){_WHO}{_APPOSED}\s+{_VERB}"
        rf"(?=(?P<rest>(?:[^{EARLIER}]{{0,100}}{EARLIER}+){{0,3}}[^{EARLIER}]{{0,100}})$)",
        rf"(?<![\w’'-])(?!by\b)(?P<who>{_SHORT_NAME})(?P<apposed>,\s[^,\0“”\"]{{2,90}})?,?\s+who\s+{_VERB}(?=(?P<rest>[^\0]{{0,100}})$)",
        rf"\b(?:was|were|been)\s+(?P<cue>told|warned|informed)\s+by\s+{_WHO_LAST}(?=(?P<rest>[^\0]{{0,100}})$)",
        # Who did something, saying so, if there is nobody else in the clause.
        rf"(?:^|,\s){_WHO}{_APPOSED}\s+(?:(?:has|had)\s+)?{_ADVERB}(?:{_VERBS}|{_PAST})\b(?!\s+by\b)"
        rf"(?:(?!\b{_SECOND}\b)[^.;:,])*(?:,\s+(?:also\s+)?(?P<cue>{_PARTICIPLE})|\s+and\s+{_ADVERB}(?P<cue2>{_VERBS}))\b"
        rf"(?=(?P<rest>[^{EARLIER}]{{0,60}})$)",
        # Who released a statement which read so.
        rf"(?:^|,\s){_WHO}{_APPOSED}\s+(?:released|issued|published|posted|made|gave)\s+an?\s+(?:\w+\s+)?"
        rf"(?:statement|letter|message)\b[^\0.;:,]{{0,40}},?\s(?:which|that)\s+(?P<cue>{_VERBS})\b(?=(?P<rest>[^\0]{{0,60}})$)",
    )
)
# A clause that ends in a colon before a quotation.
INTRODUCED = re.compile(
    rf"(?:^|^[^,\0:]{{2,60}},\s){_WHO}{_APPOSED}\s+{_ADVERB}(?P<cue>{_VERBS}|{_PAST})\b(?!\s+by\b)"
    rf"(?:(?!\b{_SECOND}\b)[^{EARLIER}.;:])*:\s*$"
)
# Who does something at the beginning of a sentence.
SUBJECT = re.compile(rf"[\0\s]*{_WHO}{_APPOSED}\s+{_ADVERB}(?:{_VERBS}|{_PAST}|was|is|has|had)\b")
# After an earlier quotation of the same sentence: what else the same one says.
ALSO = re.compile(
    rf"[\s,]*(?:and\s+|but\s+)?{_ADVERB}(?P<cue>{_VERBS}|{_PARTICIPLE})\b[^{EARLIER},;:]{{0,60}}[,:]?\s*$"
)
# A second subject between the verb and the quotation may be the one who speaks.
OTHER_VERB = re.compile(
    rf"(?:\b(?:that|as|and|after|while|when|who|which)\b|[,:])[^\0]*\b(?:{_VERBS}|{_PARTICIPLE})\b|"
    r"\b(?:displays?|displayed|shows|showed|entitled|titled|dubbed|labell?ed|named|referred|placed)\b"
)
SUBORDINATE = re.compile(
    r"(?:When|While|If|After|Before|As|Although|Though|Because|Since|Whether|So|However|According)\b"
)
JOINED = re.compile(rf"{EARLIER}[\s,]*(?:and|or)\b[^{EARLIER}]{{0,60}}$")
CAPITALS = re.compile(rf"(?<![\w’'.-]){PROPER}(?:\s+{PROPER})*")
_SMALL_WORDS = """
the a an he she it they this that these those in on at but and as if when while after before for of to from by his her
their its we i you our there here what who how why not no yes one two three meanwhile however monday tuesday wednesday
thursday friday saturday sunday january february march april may june july august september october november december
"""
# What stands before a place or an institution, and not before a person.
PLACED = re.compile(r"\b(?:in|at|near|from|outside|across|the)\s+$")
NOT_NAMES = frozenset(_SMALL_WORDS.split())
