import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.stats.moments import Moments, PairMoments

pytestmark = pytest.mark.filterwarnings("error")

SUMS = ["rows", "x", "y", "xx", "yy", "xy", "aa", "bb", "ab", "ax", "bx", "ay", "by"]
DERIVED = ["mean_x", "mean_y", "cov_x", "cov_y", "cov_xy"]


def pairs(seed, n=60, p=3, q=2, offset=0.0):
    generator = np.random.default_rng(seed)
    x = generator.normal(offset, 1, (n, p))
    return x, x[:, :q] + generator.normal(-offset, 0.5, (n, q))


def assert_close(ours, theirs, rel=1e-10):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=rel, atol=rel * np.abs(theirs).max())


def direct(x, y):
    """Means and covariances in two passes."""
    p = x.shape[1]
    both = np.cov(np.hstack([x, y]), rowvar=False)
    return x.mean(axis=0), y.mean(axis=0), both[:p, :p], both[p:, p:], both[:p, p:]


def test_the_sums_by_hand():
    """Rows (1, 2 | 1) and (0, 1 | 3): a = 5, 1 and b = 1, 9."""
    moments = Moments.create(1, np.zeros(2), np.zeros(1))
    moments.add(np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([[1.0], [3.0]]))
    by_hand = [2, [1, 3], [4], [[1, 2], [2, 5]], [[10]], [[1], [5]], 26, 82, 14, [5, 11], [1, 11], [8], [28]]
    for name, value in zip(SUMS, by_hand, strict=True):
        np.testing.assert_array_equal(getattr(moments, name)[0], value, err_msg=name)
    assert moments.n == 2


@settings(max_examples=50)
@given(seed=st.integers(0, 1000), cuts=st.lists(st.integers(0, 60), max_size=5), offset=st.floats(-1e3, 1e3))
def test_any_split_added_in_any_order_equals_two_passes(seed, cuts, offset):
    x, y = pairs(seed, offset=offset)
    generator = np.random.default_rng(seed)
    group = generator.integers(0, 4, len(x))
    moments = Moments.create(4, x[0], y[0])
    for rows in np.split(generator.permutation(len(x)), sorted(cuts)):
        moments.add(x[rows], y[rows], group[rows])
    total = moments.total()
    for name, value in zip(DERIVED, direct(x, y), strict=True):
        assert_close(getattr(total, name), value)
    shifted_x, shifted_y = x - x[0], y - y[0]
    a, b = (shifted_x**2).sum(axis=1), (shifted_y**2).sum(axis=1)
    fourth = [(a * a).sum(), (b * b).sum(), (a * b).sum(), *(w @ z for z in (shifted_x, shifted_y) for w in (a, b))]
    for name, value in zip(SUMS[6:], fourth, strict=True):
        assert_close(getattr(total, name)[0], value)


def test_leaving_a_group_out_equals_computing_without_it():
    x, y = pairs(3, offset=100)
    group = np.arange(60) % 5 * 2
    moments = Moments.create(10, x[0], y[0])
    moments.add(x, y, group)
    without = list(moments.without_each_group())
    assert len(without) == 5
    for index, part in zip((0, 2, 4, 6, 8), without, strict=True):
        kept = group != index
        assert part.n == kept.sum()
        for name, value in zip(DERIVED, direct(x[kept], y[kept]), strict=True):
            assert_close(getattr(part, name), value)


def test_the_shift_keeps_the_digits_that_an_offset_costs():
    x, y = (rows.astype(np.float32).astype(np.float64) for rows in pairs(0, n=500, offset=1e6))
    shifted, plain = Moments.create(1, x[0], y[0]), Moments.create(1, np.zeros(3), np.zeros(2))
    for moments in (shifted, plain):
        moments.add(x, y)
    truth = direct(x, y)[2]
    assert_close(shifted.cov_x, truth, rel=1e-9)
    assert np.abs(plain.cov_x - truth).max() > 1e-6


@pytest.mark.parametrize(
    ("x", "y", "group"),
    [
        ((4, 2), (4, 2), np.zeros(4, int)),
        ((4, 3), (5, 2), np.zeros(4, int)),
        ((4, 3), (4, 2), np.zeros(3, int)),
        ((4, 3), (4, 2), np.array([0, 1, 2, 0])),
        ((4, 3), (4, 2), np.array([0, -1, 0, 0])),
        ((4, 3), (4, 2), None),
    ],
)
def test_rows_that_do_not_fit_are_refused(x, y, group):
    moments = Moments.create(2, np.zeros(3), np.zeros(2))
    with pytest.raises(ValueError):
        moments.add(np.zeros(x), np.zeros(y), group)
    assert moments.rows.sum() == 0


def test_what_one_row_cannot_tell_is_undefined():
    x, y = pairs(0, n=1)
    moments = Moments.create(1, np.zeros(3), np.zeros(2))
    assert np.isnan(moments.mean_x).all()
    moments.add(x, y)
    np.testing.assert_allclose(moments.mean_x, x[0])
    assert np.isnan(moments.cov_xy).all()
    assert np.isnan(PairMoments.of(x, y).cov_x).all()


def test_derived_moments_are_of_one_group():
    with pytest.raises(ValueError):
        _ = Moments.create(2, np.zeros(3), np.zeros(2)).cov_x


@given(seed=st.integers(0, 1000), cuts=st.lists(st.integers(0, 60), max_size=5), offset=st.floats(-1e3, 1e3))
def test_pair_moments_of_any_split_equal_two_passes(seed, cuts, offset):
    x, y = pairs(seed, offset=offset)
    rows = np.random.default_rng(seed).permutation(len(x))
    first, *rest = (PairMoments.of(x[part], y[part]) for part in np.split(rows, sorted(cuts)))
    total = sum(rest, start=first)
    assert total.n == 60
    for name, value in zip(DERIVED, direct(x, y), strict=True):
        assert_close(getattr(total, name), value)


def test_pair_moments_are_equal_when_every_bit_is():
    x, y = pairs(0)
    moments = PairMoments.of(x, y)
    assert moments == PairMoments.of(x.copy(), y.copy())
    assert moments != PairMoments.of(x, np.nextafter(y, np.inf))
    assert moments != PairMoments.of(x[1:], y[1:])
    assert np.array_equal(moments, PairMoments.of(x, y))
