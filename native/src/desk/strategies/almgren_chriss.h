/* almgren_chriss.h: the optimal trajectory of Almgren and Chriss, "Optimal execution of
 * portfolio transactions", Journal of Risk 3 (2000), eq. (16) to (20). */
#ifndef CP_ALMGREN_CHRISS_H
#define CP_ALMGREN_CHRISS_H

#include "desk/strategies/real.h"

typedef struct cp_ac_model {
    double aversion;  /* lambda: per money */
    double sigma;     /* price a root-time */
    double temporary; /* eta: price per lot a time */
    double permanent; /* gamma: price a lot */
    double duration;  /* T */
    double count;     /* N: trades, one each duration / count */
} cp_ac_model;

/* The urgency kappa, per time; 0 when nothing is gained by haste. */
static inline double cp_ac_kappa(const cp_ac_model *model)
{
    double tau = model->duration / model->count;
    double eta = model->temporary - model->permanent * tau / 2;
    if (!(eta > 0) || !(model->aversion > 0))
        return 0.0;
    double square = model->aversion * model->sigma * model->sigma / eta;
    return cp_acosh1p(square * tau * tau / 2) / tau;
}

/* Share still held after `elapsed` of the time: sinh(kappa (T - t)) / sinh(kappa T). */
static inline double cp_ac_left(double kappa, double duration, double elapsed)
{
    double left = duration - elapsed;
    if (kappa * duration < 1e-6)
        return left / duration;
    if (kappa * duration > 600.0) /* where sinh is but e^x / 2, and might not fit */
        return cp_exp(-kappa * elapsed);
    return cp_sinh(kappa * left) / cp_sinh(kappa * duration);
}

#endif /* CP_ALMGREN_CHRISS_H */
