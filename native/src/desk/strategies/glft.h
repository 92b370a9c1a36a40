/* glft.h: the closed-form quotes of Guéant, Lehalle and Fernandez-Tapia, "Dealing with the
 * inventory risk", Mathematics and Financial Economics 7 (2013), section 4: what the
 * optimal distances tend to far from the end, for arrivals A e^(-k d). */
#ifndef CP_GLFT_H
#define CP_GLFT_H

#include "desk/strategies/avellaneda_stoikov.h"

typedef struct cp_glft {
    double half; /* price: (1 / gamma) ln(1 + gamma / k) */
    double tilt; /* price a unit held */
} cp_glft;

/* tilt = sqrt(sigma^2 gamma / (2 k A) (1 + gamma / k)^(1 + k / gamma)). */
static inline cp_glft cp_glft_constants(double gamma, double variance, double a, double k)
{
    double log_ratio = cp_log(1.0 + gamma / k);
    double power = cp_exp((1.0 + k / gamma) * log_ratio);
    return (cp_glft){ log_ratio / gamma,
                      cp_sqrt(variance * gamma / (2.0 * k * a) * power) };
}

static inline cp_quote_pair cp_glft_quotes(double mid, double inventory,
                                           const cp_glft *constants)
{
    double tilt = constants->tilt / 2;
    return (cp_quote_pair){ mid - constants->half - (2.0 * inventory + 1.0) * tilt,
                            mid + constants->half - (2.0 * inventory - 1.0) * tilt };
}

#endif /* CP_GLFT_H */
