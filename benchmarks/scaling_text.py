"""What scaling.md says beside its tables: how it was measured, and why a cost grows as it does."""

PREFACE = """\
# How cost grows

CPU time and peak memory of every stage, by number of texts, width of rows, units and seeds. Generated texts, one cell
(`pre`, `baseline`), one seed and one epoch unless said otherwise, one worker, every test text exported. CPU time is
user and system time of a stage's processes together; it depends less than wall time, though somewhat, on what else
runs. Peak memory is that of a stage's largest process; with more workers, each is as large. Repeat with `make scaling`,
or one part of it with `python -m benchmarks.scaling units`; `--resume` goes on where a run was interrupted, `--draw`
measures nothing. Every measurement stands in [scaling.csv](scaling.csv).

**Slopes.** Cost = a + b·size^p is fitted to all measurements by least squares of relative errors, with a, the start
(imports above all), and b not negative; the slope is p, and in brackets stand the exponents that an F test at 5 % does
not reject. 1 is in proportion, 2 quadratic. *flat*: the fit rises by less than 5 % over all sizes. An end with < or >
is where the search ended. *fit within*: the largest relative error of the fitted time. *MiB, last step*:
how much more memory the largest size takes than the one before. Marks are measurements, lines the fits."""

TITLES = {
    "texts": "Number of texts",
    "width": "Width of rows (`pad.max_len`)",
    "units": "Units (`model.units`)",
    "seeds": "Seeds (`train.seeds`)",
}

AXES = {
    "texts": "number of texts",
    "width": "width of a row (longest text = 1)",
    "units": "units of the LSTM",
    "seeds": "seeds",
}

ABOUT = {
    "texts": """\
60 % of the texts are for training, 25 % for test. The stages before training go on to a million.""",
    "width": """\
Rows as wide as the longest text (48 tokens), and twice, four and eight times as wide: 100,000 texts for `pad`, 10,000
for `train` and `export`.""",
    "units": """\
4,000 texts, rows as wide as the .95 quantile of their lengths (31 tokens).""",
    "seeds": """\
4,000 texts and four epochs, after which every model beats chance: models that do not are not compared.""",
}

NOTES = {
    "texts": "",
    "width": "",
    "units": "",
    "seeds": "",
}
