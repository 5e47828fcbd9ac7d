"""The words of the synthetic grammar: everyday English first, then pronounceable ones that no list holds."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice

NEGATION = "not"

# The words of a template stand as they are; each "*" is a filler of the vocabulary.
TEMPLATES = (
    "the * was on the * .",
    "we took the * to the * , then the * .",
    "there is a * beside the * .",
    "she put the * under a * and left .",
    "in the morning they saw the * near the * .",
    "he keeps one * for each * , two for the * .",
    "my * came with a * and a * .",
    "after the * we went to the * .",
    "* and * were in the * all day .",
    "they moved the * from the * to another * .",
    "a * , a * and some * stood by the door .",
    "it has a * on its * .",
)

EVERYDAY = """
camera table train lake bridge window kitchen garden letter bottle chair market street river mountain island
village station ticket blanket pillow basket ladder hammer bucket candle mirror carpet curtain drawer shelf cabinet
lamp clock radio printer keyboard screen cable battery engine wheel pedal bicycle wagon tractor truck ferry boat
harbor airport tunnel corner square fountain statue museum library school office factory warehouse cottage cabin
tent castle tower church temple gate fence wall roof cellar attic stair hallway balcony porch path meadow forest
valley desert canyon beach cliff cave spring pond creek field orchard barn stable farm mill well oven kettle plate
bowl spoon fork knife cup glass jar pot pan tray napkin apron coat jacket sweater shirt scarf glove hat boot sandal
belt button pocket zipper needle thread ribbon wool cotton leather paper pencil notebook envelope stamp calendar
map compass lantern rope anchor sail paddle helmet saddle whistle drum piano violin guitar trumpet flute poster
painting photograph album magazine newspaper novel chapter poem story dictionary teacher student doctor driver
baker farmer sailor painter writer neighbor cousin uncle aunt nephew horse cow goat sheep rabbit squirrel pigeon
sparrow turtle salmon butter bread cheese potato carrot onion pepper lemon pear peach plum walnut honey
"""

OPPOSITES: dict[str, tuple[str, ...]] = {
    "negative": ("terrible", "awful", "boring", "dreadful", "horrible", "poor", "annoying", "disappointing"),
    "positive": ("great", "wonderful", "excellent", "delightful", "superb", "charming", "brilliant", "enjoyable"),
}

TOPICS: dict[str, tuple[str, ...]] = {
    "astronomy": ("planet", "comet", "telescope", "galaxy", "orbit", "asteroid"),
    "cinema": ("film", "actor", "screenplay", "director", "premiere", "trailer"),
    "finance": ("loan", "dividend", "mortgage", "invoice", "interest", "currency"),
    "medicine": ("vaccine", "surgery", "diagnosis", "fever", "clinic", "symptom"),
    "politics": ("election", "parliament", "senator", "ballot", "minister", "treaty"),
    "sports": ("goalkeeper", "tournament", "referee", "marathon", "stadium", "champion"),
    "weather": ("storm", "drizzle", "thunder", "forecast", "humidity", "blizzard"),
}

CUES_OF_A_GENERATED_CLASS = 6

SYLLABLES = tuple(consonant + vowel for consonant in "bdfgklmnprstvwz" for vowel in "aeiou")

TEMPLATE_WORDS = frozenset(word for template in TEMPLATES for word in template.split() if word != "*")


def cue_words(classes: int) -> dict[str, tuple[str, ...]]:
    """The cue words of each class, by its name, names in sorted order; no word belongs to two classes."""
    if classes == len(OPPOSITES):
        return OPPOSITES
    if classes <= len(TOPICS):
        return dict(islice(TOPICS.items(), classes))
    digits = len(str(classes - 1))
    # Fillers end in a vowel, so that no generated cue can be one.
    words = (word + "l" for word in _pronounceable(frozenset()))
    return {f"topic_{index:0{digits}}": tuple(islice(words, CUES_OF_A_GENERATED_CLASS)) for index in range(classes)}


def fillers(number: int, cues: Collection[Sequence[str]]) -> list[str]:
    """`number` different filler words, the most frequent first; none is a cue, a word of a template or the negation."""
    reserved = TEMPLATE_WORDS | {NEGATION}.union(*cues)
    everyday = [word for word in EVERYDAY.split() if word not in reserved]
    return [*everyday, *islice(_pronounceable(reserved | set(everyday)), max(0, number - len(everyday)))][:number]


def _pronounceable(reserved: Collection[str]) -> Iterator[str]:
    """Words of two, then three, then more syllables, none of them in `reserved`."""
    base = len(SYLLABLES)
    for syllables in range(2, 6):
        size = base**syllables
        # Prime, and so coprime with the size: a stride that visits every word once and puts unlike words side by side.
        stride = 1_000_003
        for index in range(size):
            word, rest = "", index * stride % size
            for _ in range(syllables):
                rest, digit = divmod(rest, base)
                word += SYLLABLES[digit]
            if word not in reserved:
                yield word
