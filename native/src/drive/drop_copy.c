/* drop_copy.c: what the venue says we traded, told beside the reports and by none of the
 * desk's code: if the two ever differ, one of them is wrong. */
#include "base/tally.h"
#include "desk/positions.h"
#include "drive/engine.h"

int cp_engine_open_copies(cp_engine *engine)
{
    if (!engine->desk || !engine->venue)
        return 0;
    cp_venue_picture *picture = &engine->venue_picture;
    cp_desk_read(engine->desk, &engine->desk_picture, 0);
    for (uint32_t i = 0; i < engine->config.symbol_count; i++) {
        const cp_symbol_picture *held = &engine->desk_picture.symbols[i];
        int64_t point_value = engine->config.instruments[i].point_value;
        picture->drop_copies[i] = (cp_drop_copy){
            .position = held->position,
            .paid = cp_saturate((cp_i128)held->cost * point_value - held->realised),
            .fees = held->fees
        };
    }
    picture->drop_copy_used = 1;
    cp_session session = { .participant = CP_PARTICIPANT_DESK, .drop_copy = true };
    return cp_venue_set_session(engine->venue, &session);
}

void cp_engine_take_copies(cp_engine *engine)
{
    cp_outbox *copies = cp_venue_drop_copies(engine->venue);
    for (uint32_t i = 0; i < copies->count; i++) {
        const cp_report *report = cp_outbox_at(copies, i);
        if (report->kind != CP_REPORT_EXECUTED ||
            report->participant != CP_PARTICIPANT_DESK)
            continue;
        cp_drop_copy *copy = &engine->venue_picture.drop_copies[report->symbol];
        int64_t lots = report->side == CP_BUY ? report->qty : -(int64_t)report->qty;
        int64_t point_value = engine->config.instruments[report->symbol].point_value;
        copy->execution_count++;
        copy->position += lots;
        copy->paid =
            cp_saturate(copy->paid + (cp_i128)lots * report->price * point_value);
        copy->fees = cp_saturate((cp_i128)copy->fees + report->fee);
        cp_tally_put(&engine->venue_picture.tallies[report->symbol], copy);
    }
    cp_outbox_clear(copies);
}
