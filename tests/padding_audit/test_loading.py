"""Models from files: what is read, what is refused, and that nothing in a file is run without the user's word."""

import hashlib
import json
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from stages.padding_audit.errors import AuditError
from stages.padding_audit.loading import read_model

KERAS2 = Path(__file__).parent / "keras2"
"""A model of TensorFlow 2.15: a nested Sequential with a BatchNormalization and an LSTM, and an LSTM behind it."""
OF_KERAS2 = [[0.0008926621521823108, 0.000562518194783479]]
"""What TensorFlow 2.15 gave for TEXT."""
TEXT = np.array([[3, 4, 5, 0]])
HERS = """
import keras

class Hers(keras.layers.Layer):
    def call(self, x):
        return x * 2

@keras.saving.register_keras_serializable("shop")
class Registered(Hers):
    pass

class Model(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.embedding, self.lstm = keras.layers.Embedding(9, 2, mask_zero=True), keras.layers.LSTM(2)

    def call(self, x):
        return self.lstm(self.embedding(x))

def cube(x):
    return x**3

def loss(truth, prediction):
    return keras.ops.mean(truth - prediction)
"""


def sequential(*hidden):
    parts = [keras.Input((None,), dtype="int32", name="tokens"), layers.Embedding(9, 2, mask_zero=True), *hidden]
    return keras.Sequential([*parts, layers.LSTM(2)], name="model")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Every kind of file that somebody may name."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "hers.py").write_text(HERS)
    hers = {}
    exec(HERS, hers)
    plain = sequential()
    plain.compile("adam", "mse", metrics=["accuracy", "mae"])
    plain.save(folder / "plain.keras")
    plain.save(folder / "plain.h5")
    shutil.copy(folder / "plain.h5", folder / "hdf5.keras")
    shutil.copy(folder / "plain.keras", folder / "archive.h5")
    plain.save_weights(folder / "only.weights.h5")
    plain.compile("adam", hers["loss"])
    plain.save(folder / "loss.keras")
    models = {
        "hers": sequential(hers["Hers"](name="doubling")),
        "registered": sequential(hers["Registered"](name="doubling")),
        "function": sequential(layers.Dense(2, activation=hers["cube"], name="cubing")),
        "wrapped": sequential(layers.TimeDistributed(layers.Dense(2, activation=hers["cube"], name="inner"))),
        "lambda": sequential(layers.Lambda(lambda x: x * 2, name="doubling")),
    }
    for name, model in models.items():
        model.save(folder / f"{name}.keras")
        model.save(folder / f"{name}.h5")
    subclassed = hers["Model"](name="own")
    subclassed(TEXT)
    subclassed.save(folder / "subclassed.keras")
    whole = (folder / "plain.keras").read_bytes()
    (folder / "cut.keras").write_bytes(whole[: len(whole) // 2])
    (folder / "cut.h5").write_bytes((folder / "plain.h5").read_bytes()[:3000])
    (folder / "empty.keras").touch()
    (folder / "page.keras").write_text("<!doctype html>")
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12345678\n"
    (folder / "pointer.keras").write_text(pointer)
    (folder / "tracked.keras.dvc").write_text("outs: []")
    with zipfile.ZipFile(folder / "photos.keras", "w") as archive:
        archive.writestr("photo.txt", "no model")
    (folder / "saved_model").mkdir()
    (folder / "saved_model" / "saved_model.pb").touch()
    (folder / "unpacked").mkdir()
    (folder / "unpacked" / "config.json").touch()
    return folder


@pytest.fixture(autouse=True)
def _nothing_of_hers_is_known(files, nothing_registered):
    yield
    sys.modules.pop("hers", None)


@pytest.mark.parametrize(
    ("name", "kind"), [("plain.keras", "keras"), ("plain.h5", "h5"), ("hdf5.keras", "h5"), ("archive.h5", "keras")]
)
def test_a_file_is_read_as_what_it_is_whatever_its_name(name, kind, files):
    model, facts = read_model(files / name)
    expected = keras.models.load_model(files / "plain.keras")
    assert (model(TEXT) == expected(TEXT)).numpy().all()
    assert (facts.file, facts.format, facts.saved_by, facts.keras) == (name, kind, keras.__version__, keras.__version__)
    assert facts.sha256 == hashlib.sha256((files / name).read_bytes()).hexdigest()
    assert model.compiled


@pytest.mark.parametrize("name", ["nested.keras", "nested.h5"])
def test_files_of_keras_2_give_what_they_gave_there(name):
    model, facts = read_model(KERAS2 / name)
    np.testing.assert_allclose(model(TEXT), OF_KERAS2, rtol=2e-6)
    assert facts.saved_by == "2.15.0"


def test_a_loss_of_the_users_own_is_no_reason_to_refuse_the_model(files):
    model, _ = read_model(files / "loss.keras")
    assert not model.compiled
    assert read_model(files / "loss.keras", imports=[str(files / "hers.py")])[0].compiled


REFUSED = [
    ("missing.keras", "no such file$"),
    ("tracked.keras", "no such file; run `dvc pull .*tracked.keras`$"),
    ("tracked.keras.dvc", "pointer of DVC; run `dvc pull tracked.keras` and name that file$"),
    ("empty.keras", "the file is empty$"),
    ("pointer.keras", "Git LFS pointer, the file itself is not here; run `git lfs pull`$"),
    ("page.keras", "no model of Keras, neither a `.keras` file nor HDF5$"),
    ("photos.keras", "this zip holds no model of Keras, as there is no config.json in it$"),
    ("cut.keras", r"damaged or was cut off \(.*\); copy it again$"),
    ("cut.h5", r"damaged or was cut off \(.*\); copy it again$"),
    ("only.weights.h5", r"weights and no layers; .* model.save\('model.keras'\)$"),
    ("saved_model", r"a SavedModel, which holds no layers to look at; .* model.save\('model.keras'\)$"),
    ("unpacked", "that was unpacked; zip what is in it into model.keras$"),
    (".", "this is a folder; name a file$"),
    ("lambda.keras", r"layer `doubling` would run code .* \(Lambda\); add --trust \(make: TRUST=1, "),
    ("lambda.h5", r"layer `doubling` would run code .* \(Lambda\); add --trust \(make: TRUST=1, "),
    ("hers.keras", "layer `doubling` needs the class `Hers`, which Keras does not have; .* --import .make: IMPORT=, "),
    ("hers.h5", "layer `doubling` needs the class `Hers`, which Keras does not have; .* --import .make: IMPORT=, "),
    ("registered.keras", "layer `doubling` needs the class `Registered`, which Keras does not have"),
    ("registered.h5", "layer `doubling` needs the class `shop>Registered`, which Keras does not have"),
    ("function.keras", "layer `cubing` needs the function `cube`, which Keras does not have"),
    ("function.h5", "layer `cubing` needs the function `cube`, which Keras does not have"),
    ("wrapped.keras", "layer `inner` needs the function `cube`, which Keras does not have"),
    ("subclassed.keras", "the model needs the class `Model`, which Keras does not have"),
]


@pytest.mark.parametrize(("name", "sentence"), REFUSED)
def test_what_cannot_be_read_is_refused_in_one_sentence(name, sentence, files):
    with pytest.raises(AuditError, match=sentence) as caught:
        read_model(files / name)
    assert str(caught.value).startswith(str(files / name))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["hers", "registered", "function", "wrapped", "subclassed"])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("module", ["hers.py", "hers"])
def test_a_module_of_hers_brings_in_her_layers_and_functions(name, suffix, module, files, monkeypatch):
    if not (files / f"{name}{suffix}").exists():
        pytest.skip("a subclassed model has no such file")
    monkeypatch.chdir(files)
    model, _ = read_model(f"{name}{suffix}", imports=[module])
    assert model(TEXT).shape == (1, 2)


def test_trust_brings_in_a_lambda(files):
    for name in ("lambda.keras", "lambda.h5"):
        assert read_model(files / name, trust=True)[0](TEXT).shape == (1, 2)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("x = 1", "needs the class `Hers`, which neither Keras nor .*other.py has"),
        ("import nowhere_at_all", "import .*other.py: ModuleNotFoundError: No module named 'nowhere_at_all'$"),
        ("x =", "import .*other.py: SyntaxError: "),
    ],
)
def test_a_module_that_does_not_help_is_named(source, sentence, files, tmp_path):
    (tmp_path / "other.py").write_text(source)
    with pytest.raises(AuditError, match=sentence):
        read_model(files / "hers.keras", imports=[str(tmp_path / "other.py")])


def test_a_module_that_is_not_there_is_named(files):
    with pytest.raises(AuditError, match="nowhere.py: no such file$"):
        read_model(files / "hers.keras", imports=["nowhere.py"])
    with pytest.raises(AuditError, match="import nowhere: ModuleNotFoundError"):
        read_model(files / "hers.keras", imports=["nowhere"])


def test_a_file_that_is_called_as_a_module_of_python_takes_nobodys_place(files, tmp_path):
    import tokenize

    (tmp_path / "tokenize.py").write_text(HERS)
    read_model(files / "hers.keras", imports=[str(tmp_path / "tokenize.py")])
    assert sys.modules["tokenize"] is tokenize
    assert str(tmp_path) not in sys.path


def changed(source, target, change, part="config.json"):
    """A copy of a `.keras` file whose config, or another part, `change` has changed in place."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == part:
                config = json.loads(data)
                change(config)
                data = json.dumps(config).encode()
            new.writestr(name, data)
    return target


def test_a_module_that_only_the_file_names_is_not_imported(files, tmp_path, monkeypatch):
    """Keras before 3.9 imports it (CVE-2025-1550)."""
    (tmp_path / "burglar.py").write_text(f"open({str(tmp_path / 'was_here')!r}, 'w')")
    monkeypatch.syspath_prepend(tmp_path)

    def change(config):
        config["config"]["layers"][-1] |= {"module": "burglar", "class_name": "Dense", "registered_name": "Dense"}

    path = changed(files / "plain.keras", tmp_path / "model.keras", change)
    with pytest.raises(AuditError, match="needs the class `Dense`, which Keras does not have"):
        read_model(path)
    assert "burglar" not in sys.modules
    assert not (tmp_path / "was_here").exists()


def test_any_other_failure_of_keras_is_its_own_words(files, tmp_path):
    def change(config):
        config["config"]["layers"][-1]["config"]["units"] = "many"

    path = changed(files / "plain.keras", tmp_path / "model.keras", change)
    with pytest.raises(AuditError, match=f"Keras {keras.__version__} cannot read the file: .+") as caught:
        read_model(path)
    assert "\n" not in str(caught.value)


def test_a_file_of_a_newer_keras_asks_for_an_upgrade(files, tmp_path):
    def change(config):
        config["config"]["layers"][-1]["config"]["unheard_of"] = 1

    path = changed(files / "plain.keras", tmp_path / "odd.keras", change)
    path = changed(path, tmp_path / "new.keras", lambda words: words.update(keras_version="3.99.0"), "metadata.json")
    with pytest.raises(AuditError, match=r"a newer Keras \(3.99.0\) wrote the file .* `pip install --upgrade keras`"):
        read_model(path)


def test_no_copy_stays_behind(files, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    read_model(files / "hdf5.keras")
    assert not list(tmp_path.iterdir())
