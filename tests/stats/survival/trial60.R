# Reference numbers for tests/stats/survival/test_trial60.py, computed by R survival on 60 made-up subjects with many ties.
# Run from this folder:   Rscript trial60.R
# Numbers are printed with as many digits as read back the same double.
suppressPackageStartupMessages(library(survival))
num <- function(x) { if (is.na(x)) return("null"); if (is.infinite(x)) return(if (x > 0) "\"Inf\"" else "\"-Inf\"")
  for (k in 15:17) { s <- sprintf(paste0("%.", k, "g"), x); if (as.numeric(s) == x) return(s) }; s }
js <- function(x) { if (is.null(x)) return("null"); if (is.list(x)) return(paste0("{", paste0("\"", names(x), "\": ", vapply(x, js, ""), collapse = ",\n"), "}"))
  if (is.matrix(x)) return(paste0("[", paste(apply(x, 1, function(r) paste0("[", paste(vapply(r, num, ""), collapse = ", "), "]")), collapse = ", "), "]"))
  if (is.character(x)) return(paste0("[", paste0("\"", x, "\"", collapse = ", "), "]"))
  paste0("[", paste(vapply(as.numeric(x), num, ""), collapse = ", "), "]") }
set.seed(60); n <- 60
d <- data.frame(arm = rbinom(n, 1, .5), age = round(rnorm(n, 60, 9)), ecog = sample(0:2, n, TRUE), site = sample(1:3, n, TRUE))
d$time <- pmax(1, round(rexp(n, .05 * exp(-.5 * d$arm + .03 * (d$age - 60))))); d$event <- rbinom(n, 1, .75)
d$entry <- pmax(0, d$time - sample(1:15, n, TRUE)); d$wt <- sample(c(.5, 1, 1.5, 2.5), n, TRUE); d$off <- round(rnorm(n, 0, .3), 2); d$clus <- sample(1:20, n, TRUE)
G <- list(program = c(R.version.string, paste("survival", packageVersion("survival"))), data = as.list(d))
types <- c("log-log", "log", "plain", "logit", "arcsin")
km <- function(rows, ...) { r <- lapply(types, function(ty) { f <- survfit(Surv(time, event) ~ 1, d[rows, , drop = FALSE], conf.type = ty); q <- quantile(f, c(.25, .5, .75)); z <- summary(f, times = c(5, 12, 30), extend = TRUE)
  list(lower = f$lower, upper = f$upper, quantile = q$quantile, q_lower = q$lower, q_upper = q$upper, at = z$surv, at_lower = z$lower, at_upper = z$upper, at_risk = z$n.risk) })
  names(r) <- types; f <- survfit(Surv(time, event) ~ 1, d[rows, ]); c(list(time = f$time, n_risk = f$n.risk, n_event = f$n.event, surv = f$surv, se = f$surv * f$std.err, cumhaz = f$cumhaz, se_cumhaz = f$std.chaz), r) }
G$km <- list(arm0 = km(d$arm == 0), arm1 = km(d$arm == 1))
fe <- survfit(Surv(entry, time, event) ~ 1, d, conf.type = "log-log"); fw <- survfit(Surv(time, event) ~ 1, d, weights = wt, conf.type = "log-log"); fc <- survfit(Surv(time, event) ~ 1, d, cluster = clus, conf.type = "log-log")
G$km_entry <- list(time = fe$time, n_risk = fe$n.risk, surv = fe$surv, lower = fe$lower, upper = fe$upper)
G$km_weights <- list(surv = fw$surv, se = fw$std.err, lower = fw$lower, upper = fw$upper); G$km_cluster <- list(se = fc$std.err, lower = fc$lower)
lr <- function(f, rho) { z <- survdiff(f, d, rho = rho); s <- function(m) if (is.matrix(m)) rowSums(m) else m; list(observed = s(z$obs), expected = s(z$exp), chisq = z$chisq, p = pchisq(z$chisq, length(z$n) - 1, lower.tail = FALSE)) }
G$logrank <- list(plain = lr(Surv(time, event) ~ arm, 0), strata = lr(Surv(time, event) ~ arm + strata(site), 0), peto = lr(Surv(time, event) ~ arm + strata(site), 1), three = lr(Surv(time, event) ~ ecog, 0))
ctl <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 50)
cox <- function(f, zph = TRUE) { m <- summary(f)
  r <- list(coef = coef(f), se = sqrt(diag(f$var)), lower = m$conf.int[, 3], upper = m$conf.int[, 4], loglik = f$loglik, score = f$score, wald = f$wald.test, lr = m$logtest[1], c = m$concordance[1])
  if (zph) { z <- cox.zph(f, terms = FALSE); r$zph <- z$table[, 1]; b <- basehaz(f, centered = FALSE); r$hazard <- b$hazard; r$martingale <- residuals(f, "martingale"); r$deviance <- residuals(f, "deviance"); r$score_residual <- residuals(f, "score"); r$schoenfeld <- residuals(f, "schoenfeld") }
  r }
S <- Surv(d$time, d$event); E <- Surv(d$entry, d$time, d$event)
G$cox <- list(efron = cox(coxph(S ~ arm + age + ecog, d, control = ctl)), breslow = cox(coxph(S ~ arm + age + ecog, d, control = ctl, ties = "breslow")),
  exact = cox(coxph(S ~ arm + age + ecog, d, control = ctl, ties = "exact"), FALSE), strata = cox(coxph(S ~ arm + age + strata(site), d, control = ctl)),
  entry = cox(coxph(E ~ arm + age + strata(site), d, control = ctl)), weights = cox(coxph(S ~ arm + age, d, control = ctl, weights = wt), FALSE),
  cluster = cox(coxph(S ~ arm + age, d, control = ctl, cluster = clus), FALSE), offset = cox(coxph(S ~ arm + age + offset(off), d, control = ctl), FALSE))
p <- survfit(coxph(S ~ arm + age + ecog, d, control = ctl), newdata = data.frame(arm = c(0, 1), age = 60, ecog = 1), conf.type = "log-log")
G$predicted <- list(surv = p$surv, lower = p$lower, upper = p$upper)
writeLines(js(G), "trial60.json")
