# Remake goldens.json: cd tests/stats/counts && Rscript goldens.R
# Base R only. Every number is printed with 17 significant digits, infinity as a string.
num <- function(x) ifelse(is.na(x), "null", ifelse(is.infinite(x), ifelse(x > 0, '"inf"', '"-inf"'), sprintf("%.17g", x)))
js <- function(x) {
  if (is.list(x)) {
    body <- vapply(x, js, "")
    if (is.null(names(x))) return(paste0("[", paste(body, collapse = ", "), "]"))
    return(paste0("{", paste0('"', names(x), '": ', body, collapse = ",\n"), "}"))
  }
  if (is.character(x)) return(paste0('"', x, '"'))
  if (is.matrix(x)) return(paste0("[", paste(apply(x, 1, function(r) paste0("[", paste(num(r), collapse = ", "), "]")), collapse = ", "), "]"))
  if (length(x) == 1) num(x) else paste0("[", paste(num(x), collapse = ", "), "]")
}
q <- suppressWarnings

binomial <- function(x, n, level) {
  wilson <- q(prop.test(x, n, correct = FALSE, conf.level = level))$conf.int
  corrected <- q(prop.test(x, n, correct = TRUE, conf.level = level))$conf.int
  list(x = x, n = n, conf_level = level, "clopper-pearson" = binom.test(x, n, conf.level = level)$conf.int[1:2],
       wilson = wilson[1:2], "wilson-cc" = corrected[1:2])
}

# conditional odds ratio and limits, solved to the last digits: fisher.test stops its own search near 1e-4
tight <- function(m, level = .95) {
  x <- m[1, 1]; n1 <- sum(m[1, ]); n2 <- sum(m[2, ]); k <- sum(m[, 1])
  s <- max(0, k - n2):min(k, n1); ld <- dhyper(s, n1, n2, k, log = TRUE)
  pr <- function(b) { d <- ld + b * s; d <- exp(d - max(d)); d / sum(d) }
  rt <- function(f) exp(uniroot(f, c(-40, 40), tol = 1e-15)$root); a <- (1 - level) / 2
  c(if (x == min(s)) 0 else if (x == max(s)) Inf else rt(function(b) sum(s * pr(b)) - x),
    if (x == min(s)) 0 else rt(function(b) sum(pr(b)[s >= x]) - a), if (x == max(s)) Inf else rt(function(b) a - sum(pr(b)[s <= x])))
}
two_by_two <- function(x1, n1, x2, n2) {
  m <- matrix(c(x1, n1 - x1, x2, n2 - x2), 2, byrow = TRUE)
  f <- function(a) fisher.test(m, alternative = a)$p.value
  c0 <- q(chisq.test(m, correct = FALSE)); c1 <- q(chisq.test(m, correct = TRUE))
  list(x1 = x1, n1 = n1, x2 = x2, n2 = n2, p_value = f("two.sided"), p_greater = f("greater"), p_less = f("less"),
       odds_ratio = tight(m), odds_ratio_90 = tight(m, .9), chi_square = c(c0$statistic, c0$p.value), yates = c(c1$statistic, c1$p.value),
       wald = q(prop.test(c(x1, x2), c(n1, n2), correct = FALSE))$conf.int[1:2], "wald-cc" = q(prop.test(c(x1, x2), c(n1, n2)))$conf.int[1:2])
}

r_by_c <- function(m) { z <- q(chisq.test(m, correct = FALSE)); list(table = m, chi_square = c(z$statistic, z$parameter, z$p.value), expected = z$expected) }

cmh <- function(a) {
  t0 <- q(mantelhaen.test(a, correct = FALSE)); t1 <- q(mantelhaen.test(a, correct = TRUE)); ex <- mantelhaen.test(a, exact = TRUE)
  list(strata = lapply(seq_len(dim(a)[3]), function(i) matrix(a[, , i], 2, 2)), test = c(t0$statistic, t0$p.value), odds_ratio = c(t0$estimate, t0$conf.int),
       corrected = c(t1$statistic, t1$p.value), exact_p = c(ex$p.value, mantelhaen.test(a, exact = TRUE, alternative = "greater")$p.value,
       mantelhaen.test(a, exact = TRUE, alternative = "less")$p.value), exact_loose = c(ex$estimate, ex$conf.int))
}

rate <- function(x, time, level = .95) list(events = x, time = time, conf_level = level, exact = poisson.test(x, time, conf.level = level)$conf.int[1:2])
rates <- function(x1, t1, x2, t2) { z <- poisson.test(c(x1, x2), c(t1, t2)); list(events_1 = x1, time_1 = t1, events_2 = x2, time_2 = t2, ratio = c(z$estimate, z$conf.int), p_value = z$p.value) }

small <- array(c(5, 40, 1, 33, 3, 49, 2, 38), c(2, 2, 2))
sparse <- array(c(8, 0, 40, 30, 0, 0, 49, 44), c(2, 2, 2))
writeLines(js(list(
  program = R.version.string,
  binomial = list(binomial(8, 97, .95), binomial(0, 74, .95), binomial(81, 97, .95), binomial(35, 74, .95), binomial(10, 10, .95), binomial(1, 20, .95),
    binomial(17, 97, .95), binomial(5, 171, .95), binomial(8, 97, .9), binomial(12, 40, .8), binomial(3, 1000000, .95), binomial(254321, 500000, .99)),
  tables = list(two_by_two(8, 97, 0, 74), two_by_two(81, 97, 35, 74), two_by_two(12, 40, 5, 41), two_by_two(3, 10, 8, 10), two_by_two(26, 97, 7, 74),
    two_by_two(1, 97, 0, 74), two_by_two(7, 89, 0, 72), two_by_two(11, 89, 1, 72), two_by_two(0, 89, 7, 72), two_by_two(75, 89, 34, 72), two_by_two(5000, 12700, 5200, 12700)),
  r_by_c = list(r_by_c(HairEyeColor[, , 2]), r_by_c(matrix(c(12, 5, 7, 7, 9, 30), 2))),
  cmh = list(cmh(UCBAdmissions), cmh(small), cmh(sparse)),
  rate = list(rate(112, 107.0116358658453), rate(51, 51.01437371663244), rate(0, 10), rate(1, 3.5), rate(53, 83.5, .9), rate(20000, 1e5)),
  rates = list(rates(51, 51.01437371663244, 70, 84.9555099247091), rates(0, 12, 5, 14), rates(9, 100, 3, 220.5), rates(2, 3, 2, 3))
)), "goldens.json")
