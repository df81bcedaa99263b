"""Questionnaires: answers within range and window, arms apart as declared, forms missing at their rates."""

import datetime as dt
from functools import cache

import numpy as np
import polars as pl
import pytest
from tests.rehearsal.made_up_courses import courses, times_of
from tests.rehearsal.rehearsed import protocol_of, whole_model

from equipoise.conduct import Rulebook, diary_window
from equipoise.criteria import INSTRUMENTS
from equipoise.criteria.questionnaire_scores import score_questionnaires
from equipoise.protocol import Instrument
from equipoise.rehearsal.model.questionnaires import MISSED, FormModel, MissingForms, QuestionnaireModel, ScaleModel
from equipoise.rehearsal.questionnaires import questionnaires

NONE_MISSING = MissingForms(reasons={"other": 1})


def twin_questionnaires() -> QuestionnaireModel:
    found = whole_model().questionnaires
    assert found is not None
    return found


@cache
def patients() -> pl.DataFrame:
    return courses(8, 200)


def made(model: QuestionnaireModel, people: pl.DataFrame) -> dict[str, pl.DataFrame]:
    screened = people["SCREENED"].cast(pl.Int32).cast(pl.Int64).to_numpy()
    return questionnaires(protocol_of(), model, times_of(protocol_of(), people), screened)


@cache
def twin_forms() -> dict[str, pl.DataFrame]:
    return made(twin_questionnaires(), patients())


def scores(forms: pl.DataFrame, instrument: str) -> pl.DataFrame:
    mine = forms.filter(pl.col("instrument") == instrument)
    wide = mine.pivot("item", index=["TRIAL", "PATIENT", "target"], values="answer", maintain_order=True)
    found = score_questionnaires(wide, INSTRUMENTS[instrument])
    assert found.problems.is_empty()
    return found.scores.join(patients().select("TRIAL", "PATIENT", "ARM"), on=["TRIAL", "PATIENT"])


def test_every_item_is_there_and_within_its_range() -> None:
    forms = twin_forms()["diary_submitted"]
    for name in ("LASA", "QLQ-C30", "QLQ-GINET21"):
        mine = forms.filter(instrument=name)
        items = [item.name for item in INSTRUMENTS[name].items]
        sizes = mine.group_by("TRIAL", "PATIENT", "NTH").agg(pl.col("item"))
        assert sizes.filter(pl.col("item") != pl.lit(items)).height == 0
        for item in INSTRUMENTS[name].items:
            answers = mine.filter(item=item.name)["answer"].drop_nulls()
            assert answers.is_between(item.low, item.high).all(), item.name
            assert answers.n_unique() > 2


def test_forms_lie_in_the_windows_of_conduct() -> None:
    rules = Rulebook(protocol_of())
    plan = {i.name: i for i in rules.protocol.instruments if isinstance(i, Instrument)}
    both = [
        twin_forms()[kind].select("TRIAL", "PATIENT", "instrument", "target", "date").unique() for kind in twin_forms()
    ]
    forms = pl.concat(both).join(patients().select("TRIAL", "PATIENT", "RANDOMIZED"), on=["TRIAL", "PATIENT"])
    day = (pl.col("date") - pl.col("RANDOMIZED")).dt.total_days()
    forms = forms.with_columns(day=day + (day >= 0).cast(pl.Int64))
    assert forms["target"].n_unique() > 5
    for (name, target), group in forms.group_by("instrument", "target"):
        window = diary_window(rules, plan[str(name)], int(str(target)))
        assert window is not None
        assert group["day"].min() >= window[0]
        assert group["day"].max() <= window[1]


def test_no_form_comes_before_screening_or_when_the_patient_comes_no_more() -> None:
    forms = twin_forms()["diary_submitted"].join(patients(), on=["TRIAL", "PATIENT"])
    assert forms.filter(pl.col("date") < pl.col("SCREENED")).height == 0
    later = forms.filter(pl.col("target") > 0)
    assert later.filter(pl.col("date") >= pl.col("VISITS_END")).height == 0
    assert later.filter(pl.col("DEATH_KNOWN") & (pl.col("date") >= pl.col("DEATH"))).height == 0
    assert later.filter(pl.col("FIRST_DOSE").is_null()).height == 0
    span = (pl.col("BLINDED_END") - pl.col("RANDOMIZED")).dt.total_days() + 1
    assert later.filter(pl.col("target") > span).height == 0
    twice = forms.group_by("TRIAL", "PATIENT", "instrument", "target").agg(pl.col("NTH").n_unique())
    assert twice.filter(pl.col("NTH") > 1).height == 0


def test_the_effect_of_an_arm_comes_back_in_the_scores() -> None:
    scale = ScaleModel(mean=50, spread=12, noise=8, item_noise=8, effects={"pazopanib": 14}, onset_days=10)
    form = FormModel(scales={"FA": scale, "QL": scale}, default=ScaleModel(mean=50, spread=12))
    model = QuestionnaireModel(missing=NONE_MISSING, instruments={"QLQ-C30": form})
    found = scores(made(model, patients())["diary_submitted"], "QLQ-C30").filter(pl.col("target") == 85)
    for code in ("FA", "QL"):
        arms = {arm: group[code].to_numpy() for (arm,), group in found.group_by("ARM")}
        difference = arms["pazopanib"].mean() - arms["placebo"].mean()
        error = np.sqrt(sum(values.var(ddof=1) / len(values) for values in arms.values()))
        assert difference == pytest.approx(14, abs=4 * error), code
        assert error < 1.5


def test_scales_share_health_as_declared() -> None:
    scale = ScaleModel(mean=50, spread=20, noise=0, item_noise=0)
    for share, expected in ((1.0, -1.0), (0.0, 0.0)):
        form = FormModel(scales={"PF": scale, "FA": scale}, default=scale)
        model = QuestionnaireModel(health_share=share, missing=NONE_MISSING, instruments={"QLQ-C30": form})
        base = scores(made(model, patients())["diary_submitted"], "QLQ-C30").filter(pl.col("target") == 0)
        found = np.corrcoef(base["PF"].to_numpy(), base["FA"].to_numpy())[0, 1]
        assert found == pytest.approx(expected, abs=0.1)


def test_forms_are_missed_at_their_rates_and_for_their_reasons() -> None:
    missing = MissingForms(visit=0.2, form=0.1, reasons={"too ill": 3, "refused": 1}, not_recorded=0.25)
    model = twin_questionnaires().model_copy(update={"missing": missing})
    found = made(model, patients())
    done = found["diary_submitted"].select("TRIAL", "PATIENT", "instrument", "target").unique()
    full = made(model.model_copy(update={"missing": NONE_MISSING}), patients())["diary_submitted"]
    asked = full.select("TRIAL", "PATIENT", "instrument", "target").unique().height
    spread = 4 * np.sqrt(0.28 * 0.72 / asked * 3)
    assert 1 - done.height / asked == pytest.approx(1 - 0.8 * 0.9, abs=spread)
    missed = found["diary_missed"]
    assert missed.height / (asked - done.height) == pytest.approx(
        0.75, abs=4 * 0.5 / np.sqrt((asked - done.height) / 3)
    )
    whys = dict(missed.group_by("why").len().rows())
    assert set(whys) == {"too ill", "refused"} <= set(MISSED)
    assert whys["too ill"] / missed.height == pytest.approx(0.75, abs=4 * 0.5 / np.sqrt(missed.height / 3))
    assert missed.join(done, on=["TRIAL", "PATIENT", "instrument", "target"], how="semi").height == 0


def test_the_ill_miss_more_forms() -> None:
    form = FormModel(default=ScaleModel(mean=50, spread=20, noise=0, item_noise=0))
    missing = MissingForms(visit=0.3, illness=1.5, reasons={"too ill": 1})
    model = QuestionnaireModel(health_share=1.0, missing=missing, instruments={"LASA": form})
    found, full = (made(m, patients()) for m in (model, model.model_copy(update={"missing": NONE_MISSING})))
    base = full["diary_submitted"].filter(target=0)
    gone = base.join(found["diary_missed"].filter(target=0), on=["TRIAL", "PATIENT"], how="semi")
    assert gone["answer"].mean() < base["answer"].mean() - 0.7


def test_answers_are_left_out_by_item() -> None:
    skipped = twin_forms()["diary_submitted"].filter(instrument="QLQ-GINET21")
    share = dict(skipped.group_by("item").agg(pl.col("answer").is_null().mean()).rows())
    rates = twin_questionnaires().instruments["QLQ-GINET21"]
    n = skipped.height / len(share)
    for item, seen in share.items():
        rate = rates.skipped_items.get(item, rates.skipped)
        assert seen == pytest.approx(rate, abs=4 * np.sqrt(rate * (1 - rate) / n)), item


def test_a_form_is_begun_on_its_day_before_it_is_handed_in() -> None:
    forms = twin_forms()["diary_submitted"].with_columns(
        begun=pl.col("started").str.to_datetime("%Y-%m-%dT%H:%M:%SZ"), sent=pl.from_epoch("AT")
    )
    assert forms.filter(pl.col("begun") >= pl.col("sent")).height == 0
    assert forms.filter(pl.col("begun").dt.date() != pl.col("date")).height == 0
    assert forms.filter(pl.col("sent").dt.date() != pl.col("date")).height == 0
    assert forms["begun"].dt.time().min() >= dt.time(14)


def test_no_trial_changes_another() -> None:
    alone = made(twin_questionnaires(), patients().filter(TRIAL=3))
    for kind, frame in alone.items():
        assert frame.equals(twin_forms()[kind].filter(TRIAL=3)), kind
