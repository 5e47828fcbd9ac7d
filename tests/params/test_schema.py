import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from stages.errors import UserError
from stages.params.audit import AuditedModel
from stages.params.layers import HEADS, RECURRENT
from stages.params.model import Mask
from stages.params.schema import Params, checked_params, checked_side, load_params
from tests.conftest import REPOSITORY, changed, load_content

MISTAKES = [
    ({"dataset": "mrr"}, "dataset: 'mrr' is not in the table; did you mean 'mr'? allowed: banking77"),
    ({"pad.maxlen": 3}, "pad: unknown key 'maxlen'; did you mean 'max_len'? allowed: max_len, sides, truncate"),
    ({"datasets.mr.txt": "a"}, "datasets.mr: unknown key 'txt'; did you mean 'text'?"),
    ({"pad.max_len": 0}, "pad.max_len: 0 is not allowed; it should be greater than or equal to 1, or"),
    ({"pad.max_len": "long"}, "pad.max_len: 'long' is not allowed; it should be a valid integer, or"),
    ({"pad.max_len": 1.5}, "pad.max_len: 1.5 is not allowed"),
    ({"pad.sides": ["left"]}, "pad.sides.0: 'left' is not allowed; it should be 'pre' or 'post'"),
    ({"pad.sides": ["pre", "pre"]}, "pad.sides: 'pre' stands there more than once"),
    ({"pad.sides": []}, "pad.sides: [] is not allowed; it must hold at least one value"),
    ({"train.epochs": "abc"}, "train.epochs: 'abc' is not allowed; it should be a valid integer"),
    ({"train.epochs": True}, "train.epochs: True is not allowed"),
    ({"train.seeds": 0}, "train.seeds: 0 is not allowed; it should be greater than or equal to 1"),
    ({"analyze.family.variant": "maskd"}, "analyze.family.variant: 'maskd' is not in the table; did you mean 'masked"),
    ({"analyze.family.variant": "baseline"}, "analyze.family.variant: baseline is what it is compared with; name a va"),
    ({"analyze.family.alpha": 0.0}, "analyze.family.alpha: 0.0 is not allowed; it should be greater than 0"),
    ({"analyze.epsilon.error_ratio": 1.0}, "analyze.epsilon.error_ratio: 1.0 is not allowed; it should be less than 1"),
    (
        {"train.variants": ["baseline", "maskd"]},
        "train.variants.1: 'maskd' is not in the table; did you mean 'masked'?",
    ),
    ({"train.variants": ["masked", "masked"]}, "train.variants: 'masked' stands there more than once"),
    (
        {"variants.masked.mask": "yes"},
        "variants.masked.mask: 'yes' is not allowed; it should be 'none', 'embedding', 'embedding+masking', ",
    ),
    ({"model.head": "lats"}, "model.head: 'lats' is not allowed; did you mean 'last'? allowed: attention, conv, "),
    ({"model.recurrent": "rnn"}, "model.recurrent: 'rnn' is not allowed; "),
    ({"model.layers": 5}, "model.layers: 5 is not allowed; it should be less than or equal to 4"),
    ({"model.bidirectional": True}, "model.bidirectional: True is not allowed; it should be 'none', 'concat', "),
    ({"model.recurrent": "none"}, "variants.baseline: head last reads the final state of a recurrent layer, and rec"),
    (
        {"variants.masked.pad_row": "zero"},
        "variants.masked: pad_row zero is for a model that reads its pads, and mas",
    ),
    ({"variants.masked.pad_row": "one"}, "variants.masked.pad_row: 'one' is not allowed; it should be 'learned' or"),
    ({"variants.masked.random_pads": "yes"}, "variants.masked.random_pads: 'yes' is not allowed; it should be true"),
    (
        {"variants.masked.start_state": "trained", "model.bidirectional": "sum"},
        "variants.masked: start_state trained is that of recurrent layers in one direction; set recurrent to lstm or ",
    ),
    ({"export.causes": 1}, "export.causes: 1 is not allowed; it should be true or false"),
    (
        {"model.recurrent": "none", "model.head": "mean", "train.variants": ["baseline", "explicit"]},
        "variants.explicit: mask explicit goes to the first recurrent layer, and recurrent is none; choose mask emb",
    ),
    (
        {"model.head": "flatten", "train.trim": "always"},
        "variants.baseline: head flatten reads rows of one width, and train.trim is always; set train.trim to exact",
    ),
    ({"model.use_cudnn": True, "model.recurrent_dropout": 0.1}, "variants.baseline: use_cudnn: the fused kernel has"),
    ({"model.embeddings": "frozen"}, "variants.baseline: embeddings frozen need word vectors, and tokenize.vectors is"),
    (
        {"pad.max_len": 2_000_000_000},
        "pad.max_len: 2000000000 is not allowed; it should be at most 100,000: a recurrent layer takes one step",
    ),
    (
        {"pad.max_len": "longest*999999"},
        "pad.max_len: 'longest*999999' is not allowed; it should be at most longest*1000: beyond, less than one",
    ),
    ({"pad.max_len": "longest*9999999999"}, "pad.max_len: 'longest*9999999999' is not allowed; it should be a valid"),
    ({"export.pads": list(range(200))}, "export.pads: 200 numbers; at most 100: each is a states file of every model"),
    ({"variants.x": {"mask": "none"}, "train.variants": ["x" * 65]}, "should have at most 64 characters"),
    (
        {"datasets.mr.text": 0},
        "datasets.mr.text: 0 is not allowed; it should be a valid string; where it looks ",
    ),
    (
        {"datasets.mr.text": date(2021, 1, 1)},
        "datasets.mr.text: 2021-01-01 is not allowed; it should be a valid str",
    ),
    ({"tokenize.lowercase": "no"}, "tokenize.lowercase: 'no' is not allowed; it should be true or false"),
    ({"pad.max_len": "longest*0"}, "pad.max_len: 'longest*0' is not allowed; it should be a valid integer, or"),
    ({"variants.baseline": None}, "variants.baseline: None is not allowed; it must be a section"),
    ({"export.pads": [0, -1]}, "export.pads.1: -1 is not allowed; it should be greater than or equal to 0"),
    ({"export.pads": [1, 2]}, "export.pads: 0 is missing"),
    ({"export.pads": [0]}, "export.pads: there is only 0; name at least one number of pads"),
    ({"export.pads": 0}, "export.pads: 0 is not allowed; it must be a list"),
    ({"train.learning_rate": float("inf")}, "train.learning_rate: inf is not allowed; it should be a finite number"),
    ({"train.first_seed": 2**40}, "train.first_seed: 1099511627776 is not allowed; it should be less than"),
    ({"datasets.mr.file": "../mr.csv"}, "datasets.mr.file: '../mr.csv' lies outside data/raw/"),
    ({"tokenize.file": "/tmp/a.json"}, "tokenize.file: '/tmp/a.json' lies outside data/raw/"),
    ({"tokenize.vectors": "/tmp/glove.txt"}, "tokenize.vectors: '/tmp/glove.txt' lies outside data/raw/"),
    ({"bag_of_words.penalties": [1, 0]}, "bag_of_words.penalties.1: 0 is not allowed; it should be greater than 0"),
    ({"bag_of_words.penalties": [1, 1.0]}, "bag_of_words.penalties: 1.0 stands there more than once"),
    (
        {"bag_of_words.iterations": 0},
        "bag_of_words.iterations: 0 is not allowed; it should be greater than or equal to 1",
    ),
    ({"report.pads": 3}, "report.pads: 3 is not one of export.pads; allowed: 1, 2, 4"),
    ({"corpus.test": 0.9}, "corpus: validation + test is 1.05; it must leave texts to train on"),
    ({"datasets.mr.source": "web"}, "needs a key `source` that is synthetic, table or url"),
    ({"datasets.imdb.sha256": "12"}, "datasets.imdb.sha256: '12' is not allowed; it should match pattern"),
    ({"execution.engine": "slurm"}, "execution.engine: 'slurm' is not allowed; it should be 'local' or 'dask'"),
    (
        {"execution.engine": "dask", "execution.scheduler": ""},
        "execution.scheduler: '' is no address of a dask scheduler, and engine is dask; name one, such as tcp://",
    ),
    (
        {"execution.engine": "dask", "execution.scheduler": "localhost:8786"},
        "execution.scheduler: 'localhost:8786' is no address of a dask scheduler, and engine is dask",
    ),
    ({"execution.scheduler": None}, "execution.scheduler: None is not allowed; it should be a valid string"),
    ({"datasets.synthetic.shortest": 1}, "must hold every cue"),
    ({"audit": None}, "audit: None is not allowed; it must be a table with keys of its own"),
    ({"audit": {"My model": {"file": "a.keras"}}}, "'My model' is not allowed; it should match pattern"),
    ({"audit": {"a": {}}}, "audit.a.file: this key is missing; add it with a value"),
    (
        {"audit": {"a": {"file": "a.keras", "imports": ["a.py"]}}},
        "audit.a: unknown key 'imports'; did you mean 'import'?",
    ),
    ({"audit": {"a": {"file": "/m/a.keras"}}}, "audit.a.file: '/m/a.keras' lies outside models/<id>/, the folder of"),
    ({"audit": {"a": {"file": "a.keras", "data": "../a.csv"}}}, "audit.a.data: '../a.csv' lies outside models/<id>/"),
    (
        {"audit": {"a": {"file": "a.keras", "import": ["layers"]}}},
        "audit.a.import.0: 'layers' is not allowed; it should",
    ),
    (
        {"audit": {"a": {"file": "a.keras", "import": "a.py"}}},
        "audit.a.import: 'a.py' is not allowed; it must be a list",
    ),
    (
        {"audit": {"a": {"file": "a.keras", "pads": [0, 1]}}},
        "audit.a.pads.0: 0 is not allowed; it should be greater than",
    ),
    ({"audit": {"a": {"file": "a.keras", "pads": [1, 1]}}}, "audit.a.pads: 1 stands there more than once"),
    (
        {"audit": {"a": {"file": "a.keras", "sides": ["left"]}}},
        "audit.a.sides.0: 'left' is not allowed; it should be 'pre'",
    ),
    (
        {"audit": {"a": {"file": "a.keras", "pad_values": {"x": float("nan")}}}},
        "audit.a.pad_values.x: nan is not allowed",
    ),
    (
        {"audit": {"a": {"file": "a.keras", "pad_values": 0}}},
        "audit.a.pad_values: 0 is not allowed; it must be a table",
    ),
    (
        {"audit": {"a": {"file": "a.keras", "trust": "yes"}}},
        "audit.a.trust: 'yes' is not allowed; it should be true or false",
    ),
    (
        {"audit": {"a": {"file": "a.keras", "label": "y"}}},
        "audit.a: `label` says how `data` is read, and there is no `data`",
    ),
    ({"gate.models": ["a"]}, "gate.models.0: 'a' is not in the table, which is empty"),
    (
        {"audit": {"sentiment": {"file": "a.keras"}}, "gate.models": ["sentimant"]},
        "gate.models.0: 'sentimant' is not in the table; did you mean 'sentiment'?",
    ),
    ({"gate.invariant": []}, "gate: `invariant` and `models` are both empty; name at least one variant or model"),
]


def test_every_head_cell_and_mask_is_explained_beside_its_knob() -> None:
    text = (REPOSITORY / "params.yaml").read_text(encoding="utf-8")
    comments = " ".join(line.strip().removeprefix("#") for line in text.splitlines() if line.strip().startswith("#"))
    words = set(comments.replace(",", " ").replace(":", " ").split())
    assert {*HEADS, *RECURRENT, *get_args(Mask)} <= words


def test_every_key_of_an_audited_model_is_explained_above_the_table() -> None:
    text = (REPOSITORY / "params.yaml").read_text(encoding="utf-8")
    comment = text[text.index("# Models of your own") : text.index("\naudit:")]
    words = set(comment.replace(",", " ").split())
    assert {field.alias or name for name, field in AuditedModel.model_fields.items()} <= words


def test_a_model_needs_its_file_alone(make_params: Callable[..., Params]) -> None:
    entry = make_params({"audit": {"a": {"file": "a.keras", "import": ["layers.py"]}}}).audit["a"]
    assert entry.model_dump(by_alias=True, exclude_unset=True) == {"file": "a.keras", "import": ("layers.py",)}


def test_the_gate_may_hold_models_alone(make_params: Callable[..., Params]) -> None:
    params = make_params({"audit": {"a": {"file": "a.keras"}}, "gate.models": ["a"], "gate.invariant": []})
    assert params.gate.models == ("a",)


@pytest.mark.parametrize(("changes", "sentence"), MISTAKES, ids=[str(changes) for changes, _ in MISTAKES])
def test_a_mistake_is_named_with_its_key_value_and_what_is_allowed(
    params_content: dict[str, Any], changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UserError) as error:
        checked_params(changed(params_content, changes), "params.yaml")
    assert str(error.value).startswith("params.yaml: ")
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_scheduler_is_named(params_content: dict[str, Any]) -> None:
    del params_content["execution"]["scheduler"]
    with pytest.raises(UserError, match=r"execution\.scheduler: this key is missing; add it with a value"):
        checked_params(params_content, "params.yaml")


def test_where_the_engine_is_local_no_scheduler_is_needed(make_params: Callable[..., Params]) -> None:
    assert make_params({"execution.scheduler": ""}).execution.scheduler == ""


def test_a_missing_key_is_named(params_content: dict[str, Any]) -> None:
    del params_content["model"]["units"]
    with pytest.raises(UserError, match=r"model\.units: this key is missing"):
        checked_params(params_content, "params.yaml")


def number_paths(content: Any, above: str = "") -> Iterator[str]:
    """The dotted paths of everything in params.yaml that is a number or may be one."""
    items = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in items:
        path = f"{above}{key}"
        if isinstance(value, dict | list):
            yield from number_paths(value, f"{path}.")
        elif value == "all" or (isinstance(value, int | float) and not isinstance(value, bool)):
            yield path


@cache
def comments(section: str) -> str:
    """The comments within a section of params.yaml, as one line."""
    text = (REPOSITORY / "params.yaml").read_text(encoding="utf-8")
    lines = re.split(r"^(?=\w)", text[text.index(f"\n{section}:") + 1 :], flags=re.MULTILINE)[1].splitlines()
    return " ".join(line.strip(" #") for line in lines if line.strip().startswith("#"))


NUMBERS = [*number_paths(load_content()), "variants.masked.units", "variants.masked.embedding"]


@pytest.mark.parametrize("path", NUMBERS)
def test_no_number_is_without_an_upper_bound(params_content: dict[str, Any], path: str) -> None:
    *above, key = path.split(".")
    section: Any = params_content
    for name in above:
        section = section[int(name) if isinstance(section, list) else name]
    for value in (1e300, 10**30):
        section[int(key) if isinstance(section, list) else key] = value
        with pytest.raises(UserError) as error:
            checked_params(params_content, "params.yaml")
        assert re.match(rf"params\.yaml: {re.escape(path)}: 1\S* is not ", str(error.value))
    bound = re.search(r"at most (\S+): ", str(error.value))
    if bound and above[0] != "variants":  # whose keys are those of `model`
        assert re.search(rf"(?<![\d,]){re.escape(bound[1])}(?![\d,]\d)", comments(above[0])), "unsaid"


@pytest.mark.parametrize(
    "changes",
    [
        {"dataset": "x" * 3000},
        {"model.head": "x" * 3000},
        {"x" * 3000: 1},
        {"audit": {"x" * 3000: {}}},
        {"audit": {"a\nb": {}}},
        {"variants": {"a\nb": {"mask": "x" * 3000}}},
        {"datasets.mr.file": "/" * 3000},
        {"corpus.seed": 10**5000},
    ],
    ids=range(8),
)
def test_a_sentence_is_short_and_one_line_whatever_the_value(
    params_content: dict[str, Any], changes: dict[str, Any]
) -> None:
    with pytest.raises(UserError) as error:
        checked_params(changed(params_content, changes), "params.yaml")
    assert len(str(error.value)) < 1500
    assert "\n" not in str(error.value)


def test_many_mistakes_are_a_few_and_a_number(params_content: dict[str, Any]) -> None:
    with pytest.raises(UserError) as error:
        checked_params(changed(params_content, {"pad.sides": ["x" * 1000] * 1000}), "params.yaml")
    assert str(error.value).endswith("; and 995 more")
    assert len(str(error.value)) < 1000


def test_a_number_with_an_exponent_is_a_number(tmp_path: Path) -> None:
    text = (REPOSITORY / "params.yaml").read_text()
    path = tmp_path / "params.yaml"
    path.write_text(text.replace("learning_rate: 0.002", "learning_rate: 2e-3"))
    assert load_params(path).train.learning_rate == 0.002


def test_a_side_on_the_command_line_is_checked() -> None:
    with pytest.raises(UserError, match="side: 'left' is not allowed; it should be pre or post"):
        checked_side("left")
