# Reference cases of estimators: published data through R's own packages. The case is the function that docs/methods names.

source("validation/r/common.R")
suppressMessages({
  library(survival); library(urca); library(strucchange); library(vegan); library(sna); library(MASS); library(ordinal)
  library(sandwich); library(lmtest); library(car)
})

# --- Survival: recidivism (Rossi, Berk and Lenihan 1980) -----------------------------------------------------------------
rossi <- published("recidivism/released")
curve <- summary(survfit(Surv(week, arrest) ~ 1, rossi), times = 26)
answer("kaplan_meier", "survival at week 26", curve$surv, package = "survival")
answer("kaplan_meier", "error at week 26", curve$std.err, package = "survival")
answer("kaplan_meier", "log-rank p by aid", survdiff(Surv(week, arrest) ~ fin, rossi)$pvalue, package = "survival")
fit <- coxph(Surv(week, arrest) ~ fin + age + prio, rossi, ties = "efron")
for (term in c("fin", "age", "prio")) {
  answer("cox", paste("coefficient of", term), coef(fit)[term], package = "survival")
  answer("cox", paste("error of", term), sqrt(vcov(fit)[term, term]), package = "survival")
}
answer("cox", "log likelihood", fit$loglik[2], package = "survival")
# Competing risks by hand-sized data: the incidence of the first of two causes.
time <- c(1, 2, 3, 4, 5)
cause <- factor(c(1, 2, 0, 1, 0), levels = 0:2)
states <- summary(survfit(Surv(time, cause) ~ 1), times = 4)
answer("cumulative_incidence", "first cause by 4", states$pstate[, 2], package = "survival")
answer("cumulative_incidence", "second cause by 4", states$pstate[, 3], package = "survival")
# Dates known between two inspections: Finkelstein and Wolfe (1985), radiotherapy alone.
low <- c(45, 6, 0, 46, 46, 7, 17, 7, 37, 0, 4, 15, 11, 22, 46, 46, 25, 46, 26, 46, 27, 36, 46, 36, 37, 40, 17, 46, 11, 38, 5, 37,
         0, 18, 24, 36, 5, 19, 17, 24, 32, 33, 19, 37, 34, 36)
high <- c(NA, 10, 7, NA, NA, 16, NA, 14, 44, 8, 11, NA, 15, NA, NA, NA, 37, NA, 40, NA, 34, 44, NA, 48, NA, NA, 25, NA, 18, NA, 12,
          NA, 5, NA, NA, NA, 11, 35, 25, NA, NA, NA, 26, NA, NA, NA)
turned <- survfit(Surv(ifelse(low == 0, NA, low), high, type = "interval2") ~ 1)
for (at in c(10, 30, 39.5)) {
  left <- turned$surv[max(which(turned$time <= at))]
  answer("turnbull", paste("survival at", at), left, package = "survival")
}

# --- Time series ---------------------------------------------------------------------------------------------------------
farm <- published("chicken_and_egg/annual")
for (lags in 1:4) {
  test <- grangertest(chicken ~ egg, order = lags, data = farm)
  answer("toda_yamamoto", paste("F of eggs first;", lags, "lags; none added"), test$F[2], package = "lmtest")
}
n <- nrow(farm)
past <- do.call(cbind, lapply(1:4, function(k) cbind(c(rep(NA, k), head(farm$chicken, -k)), c(rep(NA, k), head(farm$egg, -k)))))
colnames(past) <- paste0(c("c", "e"), rep(1:4, each = 2))
fit <- lm(farm$chicken ~ past)
wald <- linearHypothesis(fit, paste0("paste", 1:3), test = "Chisq")
answer("toda_yamamoto", "chi2 of eggs first; 3 lags; one added", wald$Chisq[2], package = "car")
data(denmark)
trace <- ca.jo(denmark[c("LRM", "LRY", "IBO", "IDE")], type = "trace", ecdet = "const", K = 2, spec = "longrun", season = 4)
answer("cointegration", "trace of no relation", rev(trace@teststat)[1], package = "urca")
answer("cointegration", "trace of one at most", rev(trace@teststat)[2], package = "urca")
answer("cointegration", "largest eigenvalue", trace@lambda[1], package = "urca")
answer("zivot_andrews", "Nile; one lag", ur.za(Nile, model = "intercept", lag = 1)@teststat, package = "urca")
nile <- breakpoints(Nile ~ 1)
answer("bai_perron", "Nile; residual sum without a break", deviance(lm(Nile ~ 1)), package = "strucchange")
answer("bai_perron", "Nile; residual sum with one", deviance(lm(Nile ~ breakfactor(nile, breaks = 1))), package = "strucchange")
answer("bai_perron", "Nile; last year before the break", time(Nile)[breakpoints(nile, breaks = 1)$breakpoints], package = "strucchange")
answer("bai_perron", "Nile; largest F", max(Fstats(Nile ~ 1)$Fstats), package = "strucchange")
parts <- stl(log(co2), s.window = 21)$time.series
answer("stl", "seasonal part of January 1980", window(parts[, "seasonal"], c(1980, 1), c(1980, 1)), package = "stats")
answer("stl", "trend of January 1980", window(parts[, "trend"], c(1980, 1), c(1980, 1)), package = "stats")
sicily <- published("sicily/monthly")
sicily$t <- seq_len(nrow(sicily)) - 1
sicily$ban <- as.numeric(sicily$year >= 2005)
fit <- glm(admissions ~ t + ban + offset(log(standard_population)), quasipoisson, sicily)
answer("interrupted_series", "Sicily; rate ratio", exp(coef(fit)["ban"]), package = "stats")
answer("interrupted_series", "Sicily; dispersion", summary(fit)$dispersion, package = "stats")

# --- Counts, ratings, shares ---------------------------------------------------------------------------------------------
wine <- published("wine/ratings")
wine$rating <- factor(wine$rating)
fit <- clm(rating ~ tempwarm + contactyes, data = wine)
answer("cumulative_link", "wine; warmth", coef(fit)["tempwarm"], package = "ordinal")
answer("cumulative_link", "wine; error of warmth", sqrt(vcov(fit)["tempwarm", "tempwarm"]), package = "ordinal")
answer("cumulative_link", "wine; log likelihood", as.numeric(logLik(fit)), package = "ordinal")
again <- polr(rating ~ tempwarm + contactyes, wine, Hess = TRUE)
answer("cumulative_link", "wine; contact", coef(again)["contactyes"], package = "MASS")
wine$judge <- factor(wine$judge)
mixed <- clmm(rating ~ tempwarm + contactyes + (1 | judge), data = wine)
answer("cumulative_link_mixed", "wine; warmth", coef(mixed)["tempwarm"], package = "ordinal")
answer("cumulative_link_mixed", "wine; variance of judges", as.numeric(VarCorr(mixed)$judge), package = "ordinal")
rabbits <- array(c(0, 0, 6, 5, 3, 0, 3, 6, 6, 2, 0, 4, 5, 6, 1, 0, 2, 5, 0, 0), c(2, 2, 5))
exact <- mantelhaen.test(rabbits, exact = TRUE)
answer("common_odds", "rabbits; odds ratio", exact$estimate, package = "stats")
answer("common_odds", "rabbits; p", exact$p.value, package = "stats")
share <- prop.test(8, 20, correct = FALSE)$conf.int
answer("wilson_shares", "8 of 20; lower end", share[1], package = "stats")
answer("wilson_shares", "8 of 20; upper end", share[2], package = "stats")
known <- c(0.011, 0.02, 0.04, 0.5, 0.6)
answer("adjusted", "Holm's p of .02 among five", p.adjust(known, "holm")[2], package = "stats")
answer("adjusted", "Benjamini and Hochberg's p of .04 among five", p.adjust(known, "BH")[3], package = "stats")
trade <- published("gravity/trade")
flows <- reshape(trade, direction = "long", varying = names(trade)[-(1:2)], v.names = "trade", timevar = "importer",
                 times = names(trade)[-(1:2)], idvar = c("year", "exporter"))
flows <- flows[!is.na(flows$trade) & flows$year == 2006, ]
pairs <- published("gravity/pairs")
pairs$pair <- seq_len(nrow(pairs))
both <- rbind(pairs, transform(pairs, exporter = importer, importer = exporter))
flows <- merge(flows, both)
fit <- glm(trade ~ log(dist) + cntg + lang + clny + exporter + importer, quasipoisson, flows, control = glm.control(epsilon = 1e-12, maxit = 100))
answer("ppml", "gravity of 2006; log distance", coef(fit)["log(dist)"], package = "stats")
answer("ppml", "gravity of 2006; contiguity", coef(fit)["cntg"], package = "stats")
voters <- published("voters/voters")
complete <- voters[complete.cases(voters[c("proposition_vote", "treatment", "log_income", "group_id1")]), ]
fit <- lm(proposition_vote ~ treatment + log_income, complete)
answer("wild_cluster_bootstrap", "voters; t of treatment", coef(fit)["treatment"] / sqrt(vcovCL(fit, complete$group_id1, type = "HC1")["treatment", "treatment"]), package = "sandwich")

# --- Diversity and networks ----------------------------------------------------------------------------------------------
kinds <- c(46, 22, 17, 15, 15, 9, 8, 6, 6, 4, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
answer("hill_number", "order 0", renyi(kinds, scales = 0, hill = TRUE), package = "vegan")
answer("hill_number", "order 1", renyi(kinds, scales = 1, hill = TRUE), package = "vegan")
answer("hill_number", "order 2", renyi(kinds, scales = 2, hill = TRUE), package = "vegan")
answer("diversity_at", "kinds among 50 of 168", rarefy(kinds, 50), package = "vegan")
two <- rbind(c(6, 3, 1, 0), c(2, 5, 0, 3))
answer("overlap_matrix", "Morisita and Horn", 1 - vegdist(two / rowSums(two), "horn"), package = "vegan")
florence <- published("florentine/pairs")
families <- unique(c(florence$first, florence$second))
network <- function(kind) {
  m <- matrix(0, length(families), length(families), dimnames = list(families, families))
  m[cbind(florence$first, florence$second)] <- florence[[kind]]
  m + t(m)
}
marriage <- network("marriage")
business <- network("business")
answer("qap_correlation", "Florentine families; correlation", gcor(marriage, business, mode = "graph"), package = "sna")
answer("describe_network", "density of marriage", gden(marriage, mode = "graph"), package = "sna")
answer("describe_network", "mean degree in marriage", mean(degree(marriage, gmode = "graph")), package = "sna")
reached <- reachability(marriage)
answer("describe_network", "reach in marriage", mean(reached[row(reached) != col(reached)]), package = "sna")
