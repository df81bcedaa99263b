# Remake trial120.json: cd tests/stats/survival && Rscript trial120.R   (needs survival and cmprsk)
# One made-up trial of 120 subjects and what R says about it; 17 significant digits.
suppressPackageStartupMessages({library(survival); library(cmprsk)})
num <- function(x) ifelse(is.na(x), "null", ifelse(is.infinite(x), ifelse(x > 0, '"inf"', '"-inf"'), sprintf("%.17g", x)))
js <- function(x) {
  if (is.list(x)) {
    body <- vapply(x, js, "")
    if (is.null(names(x))) return(paste0("[", paste(body, collapse = ", "), "]"))
    return(paste0("{", paste0('"', names(x), '": ', body, collapse = ",\n"), "}"))
  }
  if (is.character(x)) { q <- paste0('"', x, '"'); return(if (length(q) == 1) q else paste0("[", paste(q, collapse = ", "), "]")) }
  if (is.matrix(x)) return(paste0("[", paste(apply(x, 1, function(r) paste0("[", paste(num(r), collapse = ", "), "]")), collapse = ", "), "]"))
  x <- as.vector(x)
  if (length(x) == 1) num(x) else paste0("[", paste(num(x), collapse = ", "), "]")
}
set.seed(120)
n <- 120
d <- data.frame(id = 1:n, arm = rep(0:1, n / 2), stratum = sample(0:2, n, TRUE), age = round(rnorm(n, 62, 9)), marker = sample(1:9, n, TRUE))
t1 <- rexp(n, .010 * exp(-.5 * d$arm + .02 * (d$age - 62))); t2 <- rexp(n, .006); cens <- runif(n, 20, 300)
d$time <- pmax(1, ceiling(pmin(t1, t2, cens) / 7) * 7)   # weekly visits: ties, also of events with censorings
d$cause <- ifelse(cens < pmin(t1, t2), 0, ifelse(t1 <= t2, 1, 2))
d$group <- ifelse(d$arm == 1, "b", ifelse(d$marker > 6, "c", "a"))
d$entry <- ifelse(runif(n) < .3, pmin(d$time - 1, sample(c(0, 7, 14, 20), n, TRUE)), 0)
d$event <- as.integer(d$cause > 0)

milestone <- function(at, level = .95) {
  f <- survfit(Surv(time, event) ~ arm, d, conf.type = "log-log", conf.int = level); s <- summary(f, times = at)
  S <- s$surv; se <- s$std.err; g <- log(-log(S)); v <- (se / (S * log(S)))^2; z <- (g[1] - g[2]) / sqrt(sum(v)); diff <- S[2] - S[1]; q <- qnorm((1 + level) / 2)
  list(at = at, conf_level = level, survival = S, survival_se = se, difference = diff, std_error = sqrt(sum(se^2)),
       log_log = c(diff - sqrt((S[2] - s$lower[2])^2 + (s$upper[1] - S[1])^2), diff + sqrt((s$upper[2] - S[2])^2 + (S[1] - s$lower[1])^2), 2 * pnorm(-abs(z))),
       plain = c(diff - q * sqrt(sum(se^2)), diff + q * sqrt(sum(se^2)), 2 * pnorm(-abs(diff / sqrt(sum(se^2))))))
}
gray <- function(group, strata = NULL, rho = 0) {
  z <- if (is.null(strata)) cuminc(d$time, d$cause, group, rho = rho) else cuminc(d$time, d$cause, group, strata, rho = rho)
  list(rho = rho, tests = z$Tests)
}
ci <- { f <- survfit(Surv(time, factor(cause, 0:2)) ~ arm, d); s <- summary(f, times = c(50, 100, 200))
  list(time = s$time, n_risk = s$n.risk[, 1], estimate = s$pstate, std_error = s$std.err) }
fg <- function(cause, ties) {
  d$ev <- factor(d$cause, 0:2, c("c", "one", "two")); q <- finegray(Surv(time, ev) ~ ., data = d[, c("time", "ev", "arm", "age", "marker", "id")], etype = c("one", "two")[cause])
  f <- coxph(Surv(fgstart, fgstop, fgstatus) ~ arm + age + marker, q, weights = fgwt, ties = ties, control = coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 50))
  r <- coxph(Surv(fgstart, fgstop, fgstatus) ~ arm + age + marker, q, weights = fgwt, ties = ties, cluster = id, control = coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 50))
  list(cause = cause, ties = ties, coef = coef(f), se_model = sqrt(diag(r$naive.var)), se_robust = sqrt(diag(r$var)), loglik = f$loglik)
}
# without ties crr and finegray have one rule; with ties crr counts events at t among those at risk of censoring at t
crr1 <- function(cause) { z <- crr(d$time + d$id / 1000, d$cause, d[, c("arm", "age", "marker")], failcode = cause, gtol = 1e-12); list(cause = cause, coef = z$coef, se = sqrt(diag(z$var)), loglik = c(z$loglik.null, z$loglik)) }
pwe <- function(cuts, formula, entry = FALSE) {
  s <- if (entry) survSplit(Surv(entry, time, event) ~ ., d, cut = cuts, episode = "piece") else survSplit(Surv(time, event) ~ ., d, cut = cuts, episode = "piece", start = "tstart")
  s$start <- if (entry) s$entry else s$tstart
  s$exposure <- s$time - s$start; s$piece <- factor(s$piece)
  f <- glm(formula, poisson, s, offset = log(exposure), epsilon = 1e-14, maxit = 100)
  # the likelihood of the times, without the constants of the counts
  l <- sum(s$event * (log(fitted(f)) - log(s$exposure)) - fitted(f))
  list(cuts = cuts, coef = coef(f), vcov = vcov(f), loglik = l, events = as.vector(tapply(s$event, s$piece, sum)), exposure = as.vector(tapply(s$exposure, s$piece, sum)))
}
control <- survreg.control(rel.tolerance = 1e-14, maxiter = 200)
aft <- function(dist, formula) {
  f <- survreg(formula, d, dist = dist, control = control)
  list(distribution = dist, coef = coef(f), scale = f$scale, vcov = f$var, loglik = f$loglik)
}
d$weight <- sample(1:3, n, TRUE)
# visits of period 28 days with misses: the event of cause 1 or 2 is known to lie between two visits
lo <- floor((d$time - 1) / 28) * 28; hi <- lo + 28 * sample(1:2, n, TRUE); hi[d$event == 0] <- Inf; lo[d$event == 0] <- d$time[d$event == 0]
exact <- d$event == 1 & runif(n) < .15; lo[exact] <- d$time[exact]; hi[exact] <- d$time[exact]
d$left <- lo; d$right <- hi
interval <- function(dist, formula) {
  e <- d; e$l <- ifelse(e$left == 0, NA, e$left); e$r <- ifelse(is.infinite(e$right), NA, e$right)
  f <- survreg(formula, e, dist = dist, control = control)
  list(distribution = dist, coef = coef(f), scale = f$scale, vcov = f$var, loglik = f$loglik)
}
turnbull <- { e <- d; e$l <- ifelse(e$left == 0, NA, e$left); e$r <- ifelse(is.infinite(e$right), NA, e$right)
  f <- survfit(Surv(l, r, type = "interval2") ~ 1, e, timefix = FALSE); list(time = f$time, survival = f$surv) }
writeLines(js(list(
  program = paste(R.version.string, "survival", packageVersion("survival"), "cmprsk", packageVersion("cmprsk")),
  data = as.list(d),
  milestone = list(milestone(100), milestone(150, .9)),
  aalen_johansen = ci,
  gray = list(two = gray(d$arm), three = gray(d$group), strata = gray(d$arm, d$stratum), rho = gray(d$group, rho = 1), three_strata_rho = gray(d$group, d$stratum, .5)),
  fine_gray = list(fg(1, "efron"), fg(1, "breslow"), fg(2, "efron"), fg(2, "breslow")), crr_untied = list(crr1(1), crr1(2)),
  piecewise = list(pwe(c(60, 120), event ~ -1 + piece), pwe(c(60, 120), event ~ -1 + piece + arm + age), pwe(c(60, 120), event ~ -1 + piece + arm + age, TRUE)),
  aft = c(lapply(c("weibull", "exponential", "lognormal", "loglogistic"), aft, Surv(time, event) ~ arm + age), list(aft("weibull", Surv(time, event) ~ arm + strata(stratum)))),
  aft_weighted = { f <- survreg(Surv(time, event) ~ arm + age, d, weights = weight, dist = "weibull", control = control); list(coef = coef(f), scale = f$scale, vcov = f$var, loglik = f$loglik) },
  interval = lapply(c("weibull", "lognormal", "loglogistic", "exponential"), interval, Surv(l, r, type = "interval2") ~ arm + age),
  turnbull = turnbull
)), "trial120.json")
