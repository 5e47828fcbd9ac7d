"""What scaling.md says beside its tables: how it was measured, and why a cost grows as it does."""

PREFACE = """\
# How cost grows

CPU time and peak memory of every stage, by number of texts, width of rows, units and seeds. Generated texts, one cell
(`pre`, `baseline`), one seed and one epoch unless said otherwise, one worker, every test text exported. CPU time is
user and system time of a stage's processes together; what else runs on the cores, as it did here, moves it by some
percent. Peak memory is that of a stage's largest process; with more workers, each is as large. Repeat with
`make scaling`, or one part of it with `python -m benchmarks.scaling units`; `--resume` goes on where a run was
interrupted, `--draw` measures nothing. Every measurement stands in [scaling.csv](scaling.csv).

**Slopes.** Cost = a + b·size^p is fitted to all measurements by least squares of relative errors, with a, the start
(imports above all), and b not negative. The slope is p; in brackets stand the exponents that an F test at 5 % does not
reject, with the variance of the noise pooled over all fits of times, or of memories. 1 is in proportion, 2 quadratic.
*flat*: the fit rises by less than 5 % over all sizes. An end with < or > is where the search ended. *fit within*: the
largest relative error of the fitted time. *MiB, last step*: how much more memory the largest size takes than the one
before. In the figures marks are measurements and lines are fits."""

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
    "texts": """\
- Time is in proportion to the texts, or a little above in `ingest`: it sorts, which is n log n, and its tables and
  indices outgrow SQLite's cache of 16 MiB, so that pages are read from disk again. `bag_of_words` reads the texts once
  for every step of an optimiser, about 60 times: a number that depends on the texts and not on how many they are.
- `train` alone holds its texts, 4 bytes for each position of the padded rows and 16 more a text: about 140 bytes a text
  at 31 positions, as the batches of an epoch are drawn from all of them. Up to 100,000 texts that is little beside
  TensorFlow itself, and the fit calls it flat; a million texts take about 140 MB.
- What else grows are buffers until they are full: 16 MiB of rows that wait to be a row group (`tokenize`, `pad`,
  `export`: at 40,000 exported texts of 32 units), that cache and the 16,384 texts of a row group (`ingest`),
  windows of 4,096 texts (`export`), batches of 2,048 texts and a page of 1 MiB of each column of each condition
  (`analyze`: at 8,000 exported texts). A slope far below 1 is the fit's word for that. [RESULTS.md](RESULTS.md) has
  `analyze` at 384,000 texts.""",
    "width": """\
- `train` computes every position, pads too, since `baseline` has no mask; a masked variant trims its batches and does
  not pay. Its memory is that of the texts, 4 bytes a position, and of what a batch keeps of every step for the way
  back; that of `export` is a batch of 256 rows.
- `pad` writes every position, but a row of zeros costs zstd next to nothing; it works through 2 MiB at a time.
- `export` computes the state after each number of pads once for all texts of a length and reads the texts from there,
  so that a wider row costs some more pads and no more texts.""",
    "units": """\
- A step of an LSTM multiplies a state of u units by 4·u·u weights, so that time is quadratic in units in the end; below
  about 100 units most of it goes into what every step costs whatever its size, and into the start, so that the slopes
  of `train` and `export` are known poorly. Their memory grows by the states of a batch at every step, in proportion.
- `analyze` keeps sums of products of all pairs of units of each state and condition, u·u numbers, which is quadratic in
  time and memory, beside histograms, which are in proportion. More than 4,096 units are refused.""",
    "seeds": """\
- `train`, `export` and `analyze` do the same for every seed. A second seed costs less than the first: TensorFlow is
  there, and in `train` its steps are traced already.
- `analyze` also compares the models of a cell in pairs, s·(s − 1)/2 of them: quadratic, but of the first 10 seeds
  alone, 45 pairs at most, and at 32 units a pair costs about a fiftieth of what a model does. It cannot be seen here.
- `report` draws what `analyze` found, a point a seed at most.
- Memory is that of one seed at a time in each worker, and of the small outcomes of all models in `analyze`.""",
}
