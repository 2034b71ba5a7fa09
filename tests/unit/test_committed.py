"""How the numbers just computed stand beside the committed ones."""

from crimjust_research.runs.committed import sentence

ROW = dict.fromkeys(("std_error", "ci_low", "ci_high", "p_value", "p_adjusted"), "") | {
    "estimate": "2",
    "n_obs": "9",
    "n_units": "3",
}


def test_numbers_within_the_tolerance_are_the_same() -> None:
    now = {("a", "x"): ROW | {"estimate": "2.000001"}}
    assert sentence({("a", "x"): ROW}, now, "committed in abc") == (
        "1 of 1 estimates came out as committed in abc: no number differs by more than 1e-06 of itself."
    )


def test_what_moved_what_is_gone_and_what_is_new_is_named() -> None:
    before = {("a", name): ROW for name in "wxyz"}
    now = {
        ("a", "w"): ROW,
        ("a", "x"): ROW | {"estimate": "2.00001", "p_value": "0.5"},
        ("a", "y"): ROW | {"n_obs": ""},
        ("b", "z"): ROW,
    }
    assert sentence(before, now, "committed in abc") == (
        "1 of 4 estimates came out as committed in abc; not the same: "
        "a x (estimate 2.000, was 2 and 1 more); a y (n_obs missing, was 9); a z (gone). New: b z."
    )


def test_a_long_list_is_cut() -> None:
    before = {("a", str(n)): ROW for n in range(8)}
    assert sentence(before, {}, "committed in abc").endswith("a 1 (gone); a 2 (gone); and 5 more.")


def test_other_columns_than_the_committed_ones_are_compared_as_far_as_both_have_them() -> None:
    before = {("a", "x"): {name: value for name, value in ROW.items() if name != "n_units"}}
    assert sentence(before, {("a", "x"): ROW}, "committed in abc").endswith("a x (n_units 3, was missing).")
