"""The queue of central reads: complete, in the order of scans, and silent about what the site has said."""

from tests.conduct.made_up import Trial

from equipoise.conduct import ReadDue, reading_queue, unchecked_scans


def two_patients(trial: Trial, overall: str) -> list[str]:
    """Two patients with a scan on day 85; the site judges the first one, and nobody has read anything."""
    names = []
    for site in ("01", "02"):
        name = trial.screened(site)
        trial.measure(name, 0, 3000)
        trial.scan(name, 0)
        trial.do("randomize", f"coordinator@{site}", subject=name)
        names.append(name)
    trial.wait(84)
    trial.measure(names[0], 1, 4000 if overall == "PD" else 3000)
    trial.do("assess_response", "investigator@01", {"assessment": 1, "overall": overall}, subject=names[0])
    for name in names:
        trial.scan(name, 1)
    return names


def queue(trial: Trial, reader: int | None = None) -> tuple[ReadDue, ...]:
    return reading_queue(trial.state.subjects.values(), reader=reader)


def test_a_read_asked_for_looks_like_any_other() -> None:
    called, quiet = Trial().set_up("01", "02"), Trial().set_up("01", "02")
    assert two_patients(called, "PD") == two_patients(quiet, "SD")
    assert queue(called) == queue(quiet)
    assert len(queue(called)) == 8


def test_every_scan_of_every_randomized_patient_is_read_whatever_the_site_says(trial: Trial) -> None:
    names = two_patients(trial, "PD")
    screened = trial.screened("01")
    trial.scan(screened, 0)
    assert {entry.subject for entry in queue(trial)} == set(names)
    assert [(e.assessment, e.ready) for e in queue(trial, 1) if e.subject == names[0]] == [(0, True), (1, False)]
    for name in names:
        for reader in (1, 2):
            trial.read(name, reader, 0)
            trial.read(name, reader, 1, "SD")
    assert queue(trial) == ()
    trial.wait(84)  # the progression is not confirmed: scans go on, and so do reads
    trial.scan(names[0], 2)
    found = queue(trial)
    assert [(e.subject, e.assessment, e.reader, e.person) for e in found] == [
        (names[0], 2, 1, "reader1"),
        (names[0], 2, 2, "reader2"),
    ]
    assert {e.scanned for e in found} == {trial.today}


def test_the_database_is_not_locked_before_every_scan_is_read(trial: Trial) -> None:
    names = two_patients(trial, "PD")
    first, second = names
    found = trial.attempt("lock_database", "data_manager", {"meaning": "clean"})
    assert found is not None
    assert found.code == "review_incomplete"
    assert dict(found.problems) == dict.fromkeys(names, "4 reads to be made")
    for name in names:
        for reader, response in ((1, "PD"), (2, "SD" if name == first else "PD")):
            trial.read(name, reader, 0)
            trial.read(name, reader, 1, response)
    late = {"assessment": 2, "date": trial.today, "reference": "late"}
    trial.wait(1)
    late["date"] = trial.today
    scan = trial.do("submit_scan", "coordinator@02", late, subject=second)
    found = trial.attempt("lock_database", "data_manager", {"meaning": "clean"})
    assert found is not None
    assert dict(found.problems) == {first: "readers differ", second: "1 scans to be checked"}
    trial.do("adjudicate", "adjudicator", {"endorses": 1, "why": "growth"}, subject=first)
    trial.do("reject_scan", "data_manager", {"scan": scan, "why": "wrong patient"}, subject=second)
    assert trial.code("lock_database", "data_manager", {"meaning": "clean"}) is None


def test_who_withdrew_the_use_of_data_does_not_keep_the_database_open(trial: Trial) -> None:
    for name in two_patients(trial, "SD"):
        gone = {"level": "data", "date": trial.today, "by": "patient"}
        trial.do("withdraw", trial.staff(name, "investigator"), gone, subject=name)
    assert trial.code("lock_database", "data_manager", {"meaning": "clean"}) is None


def test_a_baseline_scan_waits_to_be_checked_before_randomization(trial: Trial) -> None:
    name, failed = trial.screened("01"), trial.screened("01")
    for each in (name, failed):
        sent = {"assessment": 0, "date": trial.today, "reference": f"archive/{each}"}
        trial.do("submit_scan", "coordinator@01", sent, subject=each)
        assert unchecked_scans(trial.state.subjects[each]) == ["SCAN-1"]
    trial.do("accept_scan", "data_manager", {"scan": "SCAN-1"}, subject=name)
    assert unchecked_scans(trial.state.subjects[name]) == []
    trial.do("fail_screening", "coordinator@01", {"date": trial.today, "criteria": []}, subject=failed)
    assert unchecked_scans(trial.state.subjects[failed]) == []
