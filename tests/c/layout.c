/* What programs that were compiled with an earlier header rely on: constants, sizes and places of members. It does not
 * compile where one has changed; members may be added at the end of a struct, with a line here for its first size. */

#include <cyclone/c.h>

#define HOLDS(name, condition) typedef char holds_##name[(condition) ? 1 : -1]

HOLDS(status, CYCLONE_OK == 0 && CYCLONE_ERROR == 1 && CYCLONE_USAGE == 2 && CYCLONE_BUFFER == 3 &&
                  CYCLONE_MEMORY == 4 && CYCLONE_BUSY == 5 && CYCLONE_DIVERGED == 6 && CYCLONE_INTERNAL == 7);
HOLDS(types, CYCLONE_U8 == 1 && CYCLONE_U16 == 2 && CYCLONE_F32 == 3);
HOLDS(parts, CYCLONE_TRAIN == 1 && CYCLONE_VALIDATION == 2);

/* Sizes where pointers and size_t have 8 bytes. */
#define WIDE (sizeof(void*) == 8)
HOLDS(images, !WIDE || (sizeof(cyclone_images) == 64 && offsetof(cyclone_images, shape) == 24 &&
                        offsetof(cyclone_images, type) == 56));
HOLDS(info, !WIDE || (sizeof(cyclone_classifier_info) == 80 && offsetof(cyclone_classifier_info, threshold) == 48 &&
                      offsetof(cyclone_classifier_info, type) == 72));
HOLDS(context, !WIDE || (sizeof(cyclone_schedule_context) == 48 && offsetof(cyclone_schedule_context, total) == 32));
HOLDS(update, !WIDE || (sizeof(cyclone_update) == 64 && offsetof(cyclone_update, learning_rate) == 40));
HOLDS(epoch, !WIDE || (sizeof(cyclone_epoch) == 88 && offsetof(cyclone_epoch, validation_auc) == 64));
HOLDS(rates, !WIDE || (sizeof(cyclone_rates) == 40 && offsetof(cyclone_rates, base_lr) == 16));
HOLDS(progress, !WIDE || (sizeof(cyclone_progress) == 24 && offsetof(cyclone_progress, total) == 16));
HOLDS(interval, !WIDE || (sizeof(cyclone_interval) == 32 && offsetof(cyclone_interval, low) == 16));
