"""RECIST for one reader's reading of one patient, as a compiled scalar kernel; ``assess_all`` loops it over all.

Convention: lengths are integer hundredths of a millimeter, percentages are compared as integer products, days are
integers. Visit 0 is the baseline. The nadir of a visit is the smallest complete sum before it, the baseline sum
included. A target lesion is looked at in this order: is anything not measured, complete response, reappearance after
complete response, progression, partial response, stable.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from equipoise.criteria.compiled import compiled

Ints = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int32]

# kinds of lesion
TARGET, NON_TARGET, NEW = 0, 1, 2
# states of a lesion
NOT_STATED, ABSENT, PRESENT, INCREASED, PROGRESSION, NOT_EVALUABLE, EQUIVOCAL, TOO_SMALL, MERGED, SMALL_NODE = range(10)
# responses; PD is iUPD under iRECIST and CONFIRMED_PD iCPD
NONE, CR, PR, SD, NON_CR_NON_PD, PD, NE, CONFIRMED_PD = range(8)
# columns of the rows given
R_VISIT, R_KIND, R_LESION, R_NODAL, R_SIZE, R_STATE, R_DAY, R_SCHEDULED, R_FLAG, N_ROW = range(10)
# flags set on rows that are not used
NOT_AT_BASELINE, BASELINE_NOT_MEASURED = 1, 2
# settings
(
    S_PD_PERCENT,
    S_PD_INCREASE,
    S_PR_PERCENT,
    S_NODE_NORMAL,
    S_NODES_APART,
    S_IRECIST,
    S_REIMAGE,
    S_RETURN_BY_SUM,
    S_PD_DATE,
    S_RESPONSE_DATE,
    S_KEEP_PR,
    S_CONFIRM_DAYS,
    S_NE_BETWEEN,
    S_SD_BETWEEN,
    S_SD_DAY,
    S_FURTHER_INCREASE,
    S_ICONFIRM_DAYS,
    N_SETTINGS,
) = range(18)
# what is remembered of an unconfirmed progression
U_VISIT, U_REASON, U_DAY, U_SUM, U_NEW_SUM, U_NEW_COUNT, U_CONFIRMED, N_UPD = range(8)
FIRST_SCAN, LAST_SCAN, SCHEDULED = 0, 1, 2
KEEP_NEVER, KEEP_CONFIRMED, KEEP_ALWAYS = 0, 1, 2
# columns of a visit found
(
    V_ROW,
    V_FIRST_DAY,
    V_LAST_DAY,
    V_DAY,
    V_SUM,
    V_COMPLETE,
    V_NADIR,
    V_TARGET,
    V_NON_TARGET,
    V_NEW,
    V_OVERALL,
    V_FINAL,
    V_AFTER_PD,
    V_REASON,
    V_PD_DAY,
    N_VISIT,
) = range(16)
# columns of a reading found
(
    B_TARGETS,
    B_NON_TARGETS,
    B_BASELINE,
    B_NADIR,
    B_BEST,
    B_BEST_VISIT,
    B_CONFIRMED,
    B_CONFIRMED_VISIT,
    B_RESPONSE_VISIT,
    B_CONFIRMED_RESPONSE_VISIT,
    B_PD_VISIT,
    B_PD_DAY,
    B_PD_REASON,
    B_KNOWN_VISIT,
    B_FIRST_UNCONFIRMED_VISIT,
    N_BEST,
) = range(16)
BY_TARGET, BY_NON_TARGET, BY_NEW = 1, 2, 4
UNKNOWN = -1
NO_DAY = -(2**31)
NOT_MEASURED = -1
NOT_RECORDED = -2
# rows of a series from which sorting one by one is slow
MANY_ROWS = 128
# sizes that decide what a lesion is
SMALL_TARGET, NODE_NORMAL, NODE_MEASURABLE = 500, 1000, 1500


@compiled
def number_visits(
    series: Ints, n_series: int, baseline: npt.NDArray[np.bool_], label: Ints, first_day: Ints, visit: Ints
) -> Ints:
    """Number the visits of each series of sorted rows from 1, the baseline being 0; give visits before each series."""
    starts = np.zeros(n_series + 1, dtype=np.int64)
    for i in range(len(series)):
        new_series = i == 0 or series[i] != series[i - 1]
        if baseline[i]:
            visit[i] = 0
        elif new_series or baseline[i - 1]:
            visit[i] = 1
        else:
            changed = first_day[i] != first_day[i - 1] or label[i] != label[i - 1]
            visit[i] = visit[i - 1] + changed
        starts[series[i] + 1] = visit[i]
    for s in range(n_series):
        starts[s + 1] += starts[s]
    return starts


@compiled
def order_in_series(series: Ints, n_series: int, key: Ints) -> Ints:
    """Stable order of rows by series and key."""
    starts = np.zeros(n_series + 1, dtype=np.int64)
    for i in range(len(series)):
        starts[series[i] + 1] += 1
    for s in range(n_series):
        starts[s + 1] += starts[s]
    order = np.empty(len(series), dtype=np.int64)
    free = starts[:-1].copy()
    for i in range(len(series)):
        order[free[series[i]]] = i
        free[series[i]] += 1
    for s in range(n_series):
        begin, end = starts[s], starts[s + 1]
        if end - begin > MANY_ROWS:
            part = order[begin:end].copy()
            order[begin:end] = part[np.argsort(key[part], kind="mergesort")]
            continue
        for i in range(begin + 1, end):
            row, place = order[i], i
            while place > begin and key[order[place - 1]] > key[row]:
                order[place] = order[place - 1]
                place -= 1
            order[place] = row
    return order


@compiled
def settle(rows: Rows, nodes_apart: bool, small_nodes_wait: bool) -> None:
    """Give every target a size and every other lesion a state that means one thing."""
    for row in rows:
        kind, size, state = row[R_KIND], row[R_SIZE], row[R_STATE]
        if kind == TARGET:
            if size < 0 and state == TOO_SMALL:
                row[R_SIZE] = SMALL_TARGET
            elif size < 0 and state in (ABSENT, MERGED):
                row[R_SIZE] = 0
            continue
        node = nodes_apart and row[R_NODAL] == 1
        normal = size == 0 or (node and 0 <= size < NODE_NORMAL)
        if kind == NON_TARGET:
            if state == NOT_STATED:
                state = NOT_EVALUABLE if size < 0 else ABSENT if normal else PRESENT
            elif state in (EQUIVOCAL, TOO_SMALL, MERGED):
                state = PRESENT
        else:
            if state in (NOT_STATED, PRESENT, TOO_SMALL):
                state = PROGRESSION
            elif state == MERGED:
                state = NOT_EVALUABLE
            if normal and state != NOT_EVALUABLE:
                state = ABSENT
            elif small_nodes_wait and node and NODE_NORMAL <= size < NODE_MEASURABLE and state == PROGRESSION:
                state = SMALL_NODE
        row[R_STATE] = state


@compiled
def position(identifiers: Ints, n: int, wanted: int) -> int:
    """Place of a lesion among the first ``n`` identifiers, or -1."""
    for k in range(n):
        if identifiers[k] == wanted:
            return k
    return -1


@compiled
def read_targets(rows: Rows, n_visits: int) -> tuple[Ints, Ints]:
    """Sizes (visit x lesion, fragments added) and node flags of the target lesions measured at baseline."""
    identifiers = np.empty(len(rows), dtype=np.int64)
    nodal = np.zeros(len(rows), dtype=np.int64)
    n = 0
    for row in rows:
        if row[R_VISIT] == 0 and row[R_KIND] == TARGET and position(identifiers, n, row[R_LESION]) < 0:
            identifiers[n] = row[R_LESION]
            nodal[n] = row[R_NODAL]
            n += 1
    sizes = np.full((n_visits + 1, n), NOT_RECORDED, dtype=np.int64)
    for row in rows:
        if row[R_KIND] != TARGET:
            continue
        k = position(identifiers, n, row[R_LESION])
        if k < 0:
            row[R_FLAG] = NOT_AT_BASELINE
            continue
        v = row[R_VISIT]
        if sizes[v, k] == NOT_MEASURED or row[R_SIZE] < 0:
            sizes[v, k] = NOT_MEASURED
        elif sizes[v, k] == NOT_RECORDED:
            sizes[v, k] = row[R_SIZE]
        else:
            sizes[v, k] += row[R_SIZE]
    for row in rows:
        if row[R_KIND] == TARGET and row[R_FLAG] == 0 and sizes[0, position(identifiers, n, row[R_LESION])] < 0:
            row[R_FLAG] = BASELINE_NOT_MEASURED
    kept = np.flatnonzero(sizes[0] >= 0)
    return sizes[:, kept], nodal[kept]


@compiled
def read_non_targets(rows: Rows, n_visits: int) -> tuple[Ints, Ints, Ints, int]:
    """Non-target response, further increase and first day of progression for each visit; number of lesions."""
    identifiers = np.empty(len(rows), dtype=np.int64)
    n = 0
    for row in rows:
        here = row[R_VISIT] == 0 and row[R_KIND] == NON_TARGET and row[R_STATE] != ABSENT
        if here and position(identifiers, n, row[R_LESION]) < 0:
            identifiers[n] = row[R_LESION]
            n += 1
    states = np.full((n_visits + 1, n), NOT_STATED, dtype=np.int64)
    days = np.full(n_visits + 1, NO_DAY, dtype=np.int64)
    for row in rows:
        if row[R_KIND] != NON_TARGET:
            continue
        k = position(identifiers, n, row[R_LESION])
        if k < 0:
            row[R_FLAG] = NOT_AT_BASELINE if row[R_VISIT] > 0 else 0
            continue
        v, state = row[R_VISIT], row[R_STATE]
        if state == PROGRESSION and (days[v] == NO_DAY or row[R_DAY] < days[v]):
            days[v] = row[R_DAY]
        old = states[v, k]
        if old == PROGRESSION or (old == NOT_EVALUABLE and state != PROGRESSION):
            continue
        states[v, k] = state if state in (PROGRESSION, NOT_EVALUABLE) else max(old, state)
    response = np.full(n_visits + 1, NONE, dtype=np.int64)
    increased = np.zeros(n_visits + 1, dtype=np.int64)
    if n > 0:
        for v in range(1, n_visits + 1):
            seen = states[v]
            increased[v] = np.any(seen == INCREASED)
            if np.any(seen == PROGRESSION):
                response[v] = PD
            elif np.any(seen == NOT_EVALUABLE) or np.any(seen == NOT_STATED):
                response[v] = NE
            else:
                response[v] = CR if np.all(seen == ABSENT) else NON_CR_NON_PD
    return response, increased, days, n


@compiled
def read_new(rows: Rows, n_visits: int) -> Ints:
    """New lesions for each visit: status, visit and day since when, number so far, sum, further increase."""
    found = np.zeros((n_visits + 1, 6), dtype=np.int64)
    found[:, 1] = n_visits + 1
    identifiers = np.empty(len(rows), dtype=np.int64)
    since = np.full((len(rows), 2), UNKNOWN, dtype=np.int64)
    certain = np.zeros(len(rows), dtype=np.bool_)
    n = 0
    for row in rows:
        v, state = row[R_VISIT], row[R_STATE]
        if row[R_KIND] != NEW or v == 0 or state == NOT_EVALUABLE:
            continue
        k = position(identifiers, n, row[R_LESION])
        if k < 0:
            k = n
            identifiers[k] = row[R_LESION]
            n += 1
        if state == ABSENT:
            since[k, 0] = UNKNOWN
            continue
        seen_before = since[k, 0] != UNKNOWN and since[k, 0] < v
        if since[k, 0] == UNKNOWN:
            since[k, 0], since[k, 1] = v, row[R_DAY]
        if since[k, 0] == v:
            since[k, 1] = min(since[k, 1], row[R_DAY])
        if certain[k]:
            since[k, 0], since[k, 1] = v, row[R_DAY]
        if state == EQUIVOCAL or (state == SMALL_NODE and not seen_before):
            found[v, 0] = max(found[v, 0], 1)
            continue
        found[v, 0] = 2
        earlier = since[k, 0] < found[v, 1]
        if earlier or (since[k, 0] == found[v, 1] and since[k, 1] < found[v, 2]):
            found[v, 1], found[v, 2] = since[k, 0], since[k, 1]
        if not certain[k]:
            certain[k] = True
            found[v, 3] += 1
        found[v, 4] += max(row[R_SIZE], 0)
        if state == INCREASED:
            found[v, 5] = 1
    for v in range(1, n_visits + 1):
        found[v, 3] += found[v - 1, 3]
    return found


@compiled
def read_days(rows: Rows, found: Ints) -> Ints:
    """Days of each visit: first and last measured target, scheduled; those of all scans go to ``found``."""
    days = np.full((len(found) + 1, 3), NO_DAY, dtype=np.int64)
    for i in range(len(rows)):
        row = rows[i]
        v, day = row[R_VISIT], row[R_DAY]
        if v == 0:
            continue
        if found[v - 1, V_ROW] == UNKNOWN:
            found[v - 1, V_ROW] = i
            found[v - 1, V_FIRST_DAY] = day
            found[v - 1, V_LAST_DAY] = day
        found[v - 1, V_FIRST_DAY] = min(found[v - 1, V_FIRST_DAY], day)
        found[v - 1, V_LAST_DAY] = max(found[v - 1, V_LAST_DAY], day)
        days[v, 2] = max(days[v, 2], row[R_SCHEDULED])
        if row[R_KIND] == TARGET and row[R_SIZE] >= 0:
            days[v, 0] = day if days[v, 0] == NO_DAY else min(days[v, 0], day)
            days[v, 1] = max(days[v, 1], day)
    return days


@compiled
def grown(total: int, nadir: int, rules: Ints) -> bool:
    """Whether a sum has progressed from the nadir: relative and absolute increase, without rounding."""
    increase = total - nadir
    enough = increase > 0 and increase >= rules[S_PD_INCREASE]
    return enough and 100 * increase >= rules[S_PD_PERCENT] * nadir


@compiled
def target_response(
    sizes: Ints, nodal: Ints, baseline: int, nadir: int, was_cr: bool, kept_pr: bool, rules: Ints
) -> int:
    """Response of the target lesions at a visit."""
    n = len(sizes)
    if n == 0:
        return NONE
    total, complete, returned, returned_nodes = 0, True, 0, 0
    for k in range(n):
        if sizes[k] < 0:
            complete = False
            continue
        total += sizes[k]
        as_node = nodal[k] == 1 and rules[S_NODES_APART] == 1
        if as_node and sizes[k] >= rules[S_NODE_NORMAL]:
            returned_nodes += 1
        elif not as_node and sizes[k] > 0:
            returned += 1
    if complete and returned + returned_nodes == 0:
        return CR
    if was_cr and rules[S_RETURN_BY_SUM] == 0 and (returned > 0 or (returned_nodes > 0 and rules[S_REIMAGE] == 0)):
        return PD
    if grown(total, nadir, rules):
        return PD
    if not complete:
        return NE
    if 100 * (baseline - total) >= rules[S_PR_PERCENT] * baseline or kept_pr:
        return PR
    return SD


@compiled
def overall_response(target: int, non_target: int, new: bool) -> int:
    """Overall response of a visit from its components; NONE where there was no such lesion at baseline."""
    if PD in (target, non_target) or new:
        return PD
    if target == NONE:
        return NE if non_target == NONE else non_target
    if target == CR:
        return CR if non_target in (NONE, CR) else PR
    return target


@compiled
def is_confirmed(codes: Ints, days: Ints, n: int, index: int, rules: Ints) -> bool:
    """Whether a response is confirmed: CR by a later CR, PR by a later PR or CR."""
    first = codes[index]
    not_evaluable = stable = 0
    for later in range(index + 1, n):
        code = codes[later]
        good = code == CR or (code == PR and first == PR)
        if good and days[later] - days[index] >= rules[S_CONFIRM_DAYS]:
            return True
        if code == NE:
            not_evaluable += 1
        elif code in (SD, NON_CR_NON_PD):
            stable += 1
        elif code in (PD, CONFIRMED_PD) or (first == CR and code == PR):
            return False
        if not_evaluable > rules[S_NE_BETWEEN] or stable > (0 if first == CR else rules[S_SD_BETWEEN]):
            return False
    return False


@compiled
def first_of(codes: Ints, days: Ints, n: int, wanted: int, confirmed: bool, rules: Ints) -> int:
    """Position of the first response of a kind, of CR or PR where ``wanted`` is NONE; -1 if there is none."""
    for i in range(n):
        right = codes[i] == wanted or (wanted == NONE and codes[i] in (CR, PR))
        if right and (not confirmed or is_confirmed(codes, days, n, i, rules)):
            return i
    return -1


@compiled
def best_response(codes: Ints, days: Ints, n: int, confirmed: bool, measurable: bool, rules: Ints) -> tuple[int, int]:
    """Best overall response and its position among the first ``n`` visits."""
    for wanted in (CR, PR):
        i = first_of(codes, days, n, wanted, confirmed, rules)
        if i >= 0:
            return wanted, i
    for i in range(n):
        if codes[i] in (CR, PR, SD, NON_CR_NON_PD) and days[i] >= rules[S_SD_DAY]:
            return (SD if measurable else NON_CR_NON_PD), i
    for wanted in (CONFIRMED_PD, PD):
        for i in range(n):
            if codes[i] == wanted:
                return wanted, i
    return (NE, 0) if n > 0 else (NONE, -1)


@compiled
def pr_is_kept(codes: Ints, days: Ints, n: int, rules: Ints) -> bool:
    """Whether a partial response before this visit goes on until progression."""
    if rules[S_KEEP_PR] == KEEP_NEVER:
        return False
    begin = 0
    for i in range(n):
        if codes[i] in (PD, CONFIRMED_PD):
            begin = i + 1
    return first_of(codes[begin:n], days[begin:n], n - begin, NONE, rules[S_KEEP_PR] == KEEP_CONFIRMED, rules) >= 0


@compiled
def progression_day(visit: Ints, days: Ints, non_target_day: int, new_day: int, rules: Ints) -> int:
    """Day of the progression of a visit: the earliest of the scans that show it, or the scheduled day."""
    if rules[S_PD_DATE] == SCHEDULED and days[2] != NO_DAY:
        return int(days[2])
    day = int(visit[V_LAST_DAY])
    if visit[V_REASON] & BY_TARGET:
        day = min(day, int(days[1] if rules[S_PD_DATE] == LAST_SCAN else days[0]))
    if visit[V_REASON] & BY_NON_TARGET:
        day = min(day, non_target_day)
    if visit[V_REASON] & BY_NEW:
        day = min(day, new_day)
    return day


@compiled
def assess(rows: Rows, stop: int, rules: Ints, found: Ints, best: Ints) -> None:
    """Read one series of rows sorted by visit; fill a row of ``found`` for each visit and ``best``."""
    n_visits = len(found)
    sizes, nodal = read_targets(rows, n_visits)
    non_target, increased, nt_days, n_non_targets = read_non_targets(rows, n_visits)
    new = read_new(rows, n_visits)
    found[:, V_ROW] = UNKNOWN
    days = read_days(rows, found)
    baseline = sizes[0].sum()
    nadir, was_cr = baseline, False
    upd = np.zeros(N_UPD, dtype=np.int64)
    codes, response_days = np.empty(n_visits, dtype=np.int64), np.empty(n_visits, dtype=np.int64)
    for v in range(1, n_visits + 1):
        row = found[v - 1]
        row[V_DAY] = row[V_FIRST_DAY] if rules[S_RESPONSE_DATE] == FIRST_SCAN else row[V_LAST_DAY]
        if rules[S_RESPONSE_DATE] == SCHEDULED and days[v, 2] != NO_DAY:
            row[V_DAY] = days[v, 2]
        response_days[v - 1] = row[V_DAY]
        total = np.maximum(sizes[v], 0).sum()
        complete = np.all(sizes[v] >= 0)
        row[V_SUM], row[V_COMPLETE], row[V_NADIR] = total, complete, nadir
        kept = len(nodal) > 0 and pr_is_kept(codes, response_days, v - 1, rules)
        target = target_response(sizes[v], nodal, baseline, nadir, was_cr, kept, rules)
        row[V_TARGET], row[V_NON_TARGET], row[V_NEW] = target, non_target[v], new[v, 0]
        reason = BY_TARGET * (target == PD) + BY_NON_TARGET * (non_target[v] == PD) + BY_NEW * (new[v, 0] == 2)
        row[V_REASON] = reason
        code = overall_response(target, non_target[v], new[v, 0] == 2)
        if rules[S_IRECIST] == 1:
            code = confirm_progression(code, v, row, new[v], increased[v], upd, rules)
        row[V_OVERALL] = row[V_FINAL] = codes[v - 1] = code
        row[V_PD_DAY] = progression_day(row, days[v], nt_days[v], new[v, 2], rules) if reason else NO_DAY
        was_cr = was_cr or code == CR
        if complete:
            nadir = min(nadir, total)
    best[B_TARGETS], best[B_NON_TARGETS] = len(nodal), n_non_targets
    best[B_BASELINE], best[B_NADIR] = baseline, nadir
    summarize(codes, response_days, new, days, stop, upd, rules, found, best)


@compiled
def confirm_progression(code: int, v: int, row: Ints, new: Ints, increased: int, upd: Ints, rules: Ints) -> int:
    """Apply iRECIST to the overall response of a visit; ``upd`` remembers the unconfirmed progression."""
    now, reasons = row[V_REASON], upd[U_REASON]
    if upd[U_CONFIRMED] > 0:
        return CONFIRMED_PD
    if upd[U_VISIT] == 0:
        if now == 0:
            return code
        upd[U_VISIT], upd[U_REASON], upd[U_DAY] = v, now, row[V_DAY]
        upd[U_SUM] = row[V_SUM] if row[V_COMPLETE] else UNKNOWN
        upd[U_NEW_SUM], upd[U_NEW_COUNT] = new[4], new[3]
        return PD
    non_target_grows = reasons & BY_NON_TARGET != 0 and increased == 1
    if now == 0 and not non_target_grows:
        if code != NE:
            upd[U_VISIT] = 0
        return code
    more = now & ~reasons != 0 or non_target_grows
    if reasons & BY_TARGET != 0 and upd[U_SUM] != UNKNOWN:
        more |= row[V_SUM] - upd[U_SUM] >= rules[S_FURTHER_INCREASE]
    elif row[V_COMPLETE]:
        upd[U_SUM] = row[V_SUM]
    if reasons & BY_NEW != 0:
        more |= new[3] > upd[U_NEW_COUNT] or new[5] == 1
        more |= new[4] - upd[U_NEW_SUM] >= rules[S_FURTHER_INCREASE]
    if not more or row[V_DAY] - upd[U_DAY] < rules[S_ICONFIRM_DAYS]:
        return PD
    upd[U_CONFIRMED] = v
    return CONFIRMED_PD


@compiled
def summarize(
    codes: Ints, days: Ints, new: Ints, scan_days: Ints, stop: int, upd: Ints, rules: Ints, found: Ints, best: Ints
) -> None:
    """Find the progression, date an equivocal new lesion back, and find the best response before ``stop``."""
    n = len(codes)
    terminal = CONFIRMED_PD if rules[S_IRECIST] == 1 else PD
    known = first_of(codes, days, n, terminal, False, rules)
    visit, day, reason = known, NO_DAY, 0
    best[B_FIRST_UNCONFIRMED_VISIT] = first_of(codes, days, n, PD, False, rules) if rules[S_IRECIST] == 1 else -1
    if known >= 0:
        if rules[S_IRECIST] == 1:
            visit = upd[U_VISIT] - 1
        day, reason = found[visit, V_PD_DAY], found[visit, V_REASON]
        since = new[visit + 1, 1]
        if reason & BY_NEW and since < visit + 1:
            visit, day, reason = since - 1, new[visit + 1, 2], BY_NEW
            if rules[S_PD_DATE] == SCHEDULED and scan_days[since, 2] != NO_DAY:
                day = scan_days[since, 2]
            if rules[S_IRECIST] == 0:
                codes[visit] = found[visit, V_FINAL] = PD
        for v in range(visit + 1, n):
            found[v, V_AFTER_PD] = 1
    best[B_PD_VISIT], best[B_PD_DAY], best[B_PD_REASON], best[B_KNOWN_VISIT] = visit, day, reason, known
    end = known if rules[S_IRECIST] == 1 else visit
    n_counted = n if end < 0 else end + 1
    while n_counted > 0 and days[n_counted - 1] > stop:
        n_counted -= 1
    measurable = best[B_TARGETS] > 0
    best[B_BEST], best[B_BEST_VISIT] = best_response(codes, days, n_counted, False, measurable, rules)
    best[B_CONFIRMED], best[B_CONFIRMED_VISIT] = best_response(codes, days, n_counted, True, measurable, rules)
    best[B_RESPONSE_VISIT] = first_of(codes, days, n_counted, NONE, False, rules)
    best[B_CONFIRMED_RESPONSE_VISIT] = first_of(codes, days, n_counted, NONE, True, rules)


@compiled
def assess_all(
    rows: Rows, row_starts: Ints, visit_starts: Ints, stops: Ints, rules: Ints, found: Ints, best: Ints
) -> None:
    """Assess every series: rows and visits of series s lie between starts s and s + 1."""
    for s in range(len(stops)):
        here = found[visit_starts[s] : visit_starts[s + 1]]
        assess(rows[row_starts[s] : row_starts[s + 1]], stops[s], rules, here, best[s])
