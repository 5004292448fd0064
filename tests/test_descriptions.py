"""How articles describe a person: every description of the seeds, by hand, and nothing else."""

from __future__ import annotations

import pytest
from conftest import SEEDS

from index.descriptions import descriptions
from index.spellings import key

# All that the seed articles say next to these names, by hand.
DESCRIBED = {
    "Podolyak": {
        "000": ["an adviser to Volodymyr Zelensky"],
        "001": ["Ukrainian presidential adviser"],
        "002": ["presidential spokesman"],
        "004": ["Ukraine’s presidential advisor"],
    },
    "Peskov": {"000": ["Putin’s spokesman"], "001": ["Putin’s spokesman"], "004": ["Kremlin spokesman"]},
    "Sobyanin": {"000": ["The mayor of the capital"], "002": ["Moscow’s mayor"], "004": ["Moscow Mayor"]},
}


def found_in(text: str, name: str) -> list[str]:
    return [text[span.start : span.end] for span in descriptions(text, [key(word) for word in name.split()])]


@pytest.mark.parametrize("name", DESCRIBED)
def test_every_description_of_the_seeds_is_found_and_nothing_else(name: str) -> None:
    texts = {path.name[:3]: path.read_text(encoding="utf-8") for path in SEEDS.glob("*.txt")}
    found = {number: found_in(text, name) for number, text in texts.items()}
    assert {number: words for number, words in found.items() if words} == DESCRIBED[name]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ana Ruiz, the mayor of Lugo, spoke.", ["the mayor of Lugo"]),
        ("Ana Ruiz, a retired judge.", ["a retired judge"]),
        ("We met the former minister of health Ana Ruiz there.", ["the former minister of health"]),
        ("The head of the union, Ana Ruiz, spoke.", ["The head of the union"]),
        ("President Ana Ruiz spoke.", ["President"]),
        ("US Secretary of State Ana Ruiz spoke.", ["US Secretary of State"]),
        ("United States President Ana Ruiz spoke.", ["United States President"]),
        ("Head of the private Wagner army Ana Ruiz spoke.", ["Head of the private Wagner army"]),
        ("Ruiz, spokeswoman for the port, spoke.", ["spokeswoman for the port"]),
        # The name stands there, but nothing says what the person is; or it is said of somebody else.
        ("Ana Ruiz, who spoke, left.", []),
        ("Ana Ruiz, Eva Soto and the mayor spoke.", []),
        ("Mr Ruiz spoke.", []),
        ("The mayor said Ana Ruiz left.", []),
        ("The ministry, Ana Ruiz said, is closed.", []),
        ("The mayor met Ana Ruiz.", []),
        ("An adviser to Ana Ruiz spoke.", []),
        ("In Lugo, the newest member, Ana Ruiz was on a visit.", []),
        ("Ana Ruiz, the Queen suspended parliament, left.", []),
        ("Ana Ruiz, an officer shot him, left.", []),
        ("They tried to assassinate President Ana Ruiz.", ["President"]),
        ("Eva Soto led incumbent President Ana Ruiz.", ["incumbent President"]),
        ("Mayor Eva Ruiz spoke.", []),
        ("In June, Ana Ruiz, 34, left.", []),
    ],
)
def test_only_what_stands_next_to_the_name_describes_it(text: str, found: list[str]) -> None:
    assert found_in(text, "Ana Ruiz") == found
