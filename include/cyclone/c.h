#ifndef CYCLONE_C_H
#define CYCLONE_C_H
/// @file
/// Cyclone from C, and from everything that can call C: the library `libcyclone`. C99 and C++.
///
///     float p[2];
///     cyclone_classifier *net;
///     cyclone_images image = {sizeof image, pixels, 16 * 16, {1, 16, 16, 1}, CYCLONE_U8, 0};
///     if (cyclone_classifier_load("best.safetensors", &net) ||
///         cyclone_classifier_probabilities(net, &image, p, 2, NULL))
///         fprintf(stderr, "%s\n", cyclone_last_error());
///
/// What holds for every function:
///
/// - It returns a cyclone_status: CYCLONE_OK (0), or what went wrong, with the sentence in cyclone_last_error(). After
///   an error nothing has changed and no output was written, unless the function says otherwise. No function throws,
///   prints or ends the process.
/// - A handle (cyclone_classifier and the like) is made by a function that says so and freed once by its `_free`. NULL,
///   a handle of another kind, and one that was freed are CYCLONE_USAGE. `_free` of NULL does nothing. What another
///   thread still does with a handle ends properly after it was freed.
/// - Functions may be called from any thread, also for one handle at a time; a cyclone_training takes one call at a
///   time and answers others with CYCLONE_BUSY.
/// - A struct begins with its size, so that later versions can add members at its end: set struct_size to its sizeof,
///   and the rest of a struct that the library reads to 0. A struct that is larger than the library knows is taken
///   where what it does not know is 0.
/// - Numbers go into a buffer of the program, (values, length, written): `written` gets how many there are and may be
///   NULL; a buffer that is too small is CYCLONE_BUFFER, with `written` set and nothing else. NULL with length 0 asks
///   how many there are.
/// - Texts are UTF-8 and end with a zero. A text that the library gives belongs to it.

#include <stddef.h>
#include <stdint.h>

#include <cyclone/base/version.h>

#if defined(_WIN32) && defined(CYCLONE_C_BUILD)
#define CYCLONE_API __declspec(dllexport)
#elif defined(_WIN32)
#define CYCLONE_API __declspec(dllimport)
#elif defined(__GNUC__)
#define CYCLONE_API __attribute__((visibility("default")))
#else
/// Marks what the library exports.
#define CYCLONE_API
#endif

/// Grows when a function of this header changes in a way that breaks programs; the library's name has it too
/// (libcyclone.so.1).
#define CYCLONE_ABI 1

#ifdef __cplusplus
extern "C" {
#endif

/// What functions return.
enum cyclone_status {
    CYCLONE_OK = 0,        ///< done
    CYCLONE_ERROR = 1,     ///< a file, the data or the system does not allow it
    CYCLONE_USAGE = 2,     ///< arguments that can never work: NULL, a freed handle, an unknown name, a wrong shape
    CYCLONE_BUFFER = 3,    ///< the buffer is too small
    CYCLONE_MEMORY = 4,    ///< memory is used up
    CYCLONE_BUSY = 5,      ///< the training is used by another call
    CYCLONE_DIVERGED = 6,  ///< the loss, a gradient or an output became infinite or NaN: most often a rate too high
    CYCLONE_INTERNAL = 7   ///< a fault of the library, or an exception from a callback
};

/// Types of pixels.
enum cyclone_type {
    CYCLONE_U8 = 1,   ///< uint8_t
    CYCLONE_U16 = 2,  ///< uint16_t
    CYCLONE_F32 = 3   ///< float
};

/// A trained network with everything that is needed to use it. Never changes.
typedef struct cyclone_classifier cyclone_classifier;
/// A learning rate as a function of the update number. Never changes.
typedef struct cyclone_schedule cyclone_schedule;
/// Data, network and options of a training, and afterwards its results.
typedef struct cyclone_training cyclone_training;
/// The result of a learning-rate range test. Never changes.
typedef struct cyclone_range_test cyclone_range_test;

/// Images, rows of pixels with the channels of a pixel side by side, as the files have them: 0 ... 255 of 8 bits. The
/// network's standardisation is applied by the library.
typedef struct cyclone_images {
    size_t struct_size;  ///< sizeof(cyclone_images)
    const void* pixels;  ///< N * H * W * C values, aligned for their type; read only
    size_t length;       ///< number of values (not bytes) in `pixels`
    int64_t shape[4];    ///< N, H, W, C
    int32_t type;        ///< cyclone_type
    int32_t reserved;    ///< 0
} cyclone_images;

// ---------------------------------------------------------------------------------------------------------------------
// The library

/// The version of the library that is loaded, as CYCLONE_VERSION_NUMBER: 100 is 0.1.0.
CYCLONE_API int32_t cyclone_version(void);
/// The same as text, "0.1.0".
CYCLONE_API const char* cyclone_version_text(void);
/// CYCLONE_ABI of the library that is loaded.
CYCLONE_API int32_t cyclone_abi(void);
/// What computes: "oneDNN 2.6.3, ..." or that it is Cyclone's own kernels.
CYCLONE_API const char* cyclone_backend(void);
/// What went wrong in the last call of this thread that failed: one sentence that says what was expected and what came.
/// "" before the first. Valid until the next call of this thread fails; at most 4095 bytes.
CYCLONE_API const char* cyclone_last_error(void);
/// Threads that a call from this thread works with: what cyclone_set_threads() or OMP_NUM_THREADS asks for.
CYCLONE_API int32_t cyclone_threads(void);
/// Sets them for calls from this thread. A program that calls from many threads sets 1 in each. Errors: not 1 ... 1024.
CYCLONE_API int32_t cyclone_set_threads(int32_t threads);
/// The names that texts may have, as a table with a line each: `topic` is "schedules", "networks", "layers",
/// "optimizers", "rebalancing", "augmentation", "metrics", "thresholds" or "options" (of cyclone_training_set()).
/// `text` stays valid.
CYCLONE_API int32_t cyclone_help(const char* topic, const char** text);

// ---------------------------------------------------------------------------------------------------------------------
// Classifier

/// What a classifier takes and gives.
typedef struct cyclone_classifier_info {
    size_t struct_size;  ///< sizeof(cyclone_classifier_info), set by the caller
    int64_t height;      ///< of its images
    int64_t width;       ///< of its images
    int64_t channels;    ///< of its images
    int64_t classes;     ///< how many, >= 2
    int64_t members;     ///< networks of an ensemble; 1 of a single one
    double threshold;    ///< of two classes: class 1 where its probability is above
    const char* model;   ///< the network as text; belongs to the classifier
    const char* notes;   ///< what was converted or not used when it was loaded, a line each; belongs to the classifier
    int32_t type;        ///< cyclone_type of its pixels
    int32_t reserved;    ///< 0
} cyclone_classifier_info;

/// Makes a classifier from a file of weights, best.safetensors of `cyclone train` or cyclone_classifier_save(), or from
/// the JSON file of an ensemble. Errors: a file that is missing, damaged or of something else, naming it.
CYCLONE_API int32_t cyclone_classifier_load(const char* path, cyclone_classifier** classifier);
/// The same from the bytes of such a safetensors file, which are not needed afterwards.
CYCLONE_API int32_t cyclone_classifier_load_memory(const void* bytes, size_t size, cyclone_classifier** classifier);
/// Frees it.
CYCLONE_API int32_t cyclone_classifier_free(cyclone_classifier* classifier);
/// Fills `info`.
CYCLONE_API int32_t cyclone_classifier_describe(const cyclone_classifier* classifier, cyclone_classifier_info* info);
/// The name of class `index`, from 0; it belongs to the classifier.
CYCLONE_API int32_t cyclone_classifier_class_name(const cyclone_classifier* classifier, int64_t index,
                                                  const char** name);
/// The probabilities of all classes for each image: N * classes values, those of the first image first. Their sum over
/// the classes is 1. Errors: images of another size or type than the network was trained on, or with NaN.
CYCLONE_API int32_t cyclone_classifier_probabilities(const cyclone_classifier* classifier, const cyclone_images* images,
                                                     float* values, size_t length, size_t* written);
/// The class that is chosen for each image: N values. Of two classes by the threshold, else the most probable one.
/// Errors as cyclone_classifier_probabilities().
CYCLONE_API int32_t cyclone_classifier_classify(const cyclone_classifier* classifier, const cyclone_images* images,
                                                int64_t* values, size_t length, size_t* written);
/// Writes the file that cyclone_classifier_load() and `cyclone predict` read: weights, standardisation, names of the
/// classes and threshold. It appears whole or not at all, and replaces one that is there. Errors: also an ensemble,
/// whose members are files already.
CYCLONE_API int32_t cyclone_classifier_save(const cyclone_classifier* classifier, const char* path);

// ---------------------------------------------------------------------------------------------------------------------
// Schedules

/// What the text of a schedule is filled in with.
typedef struct cyclone_schedule_context {
    size_t struct_size;     ///< sizeof(cyclone_schedule_context)
    double base_lr;         ///< lowest rate of a cycle
    double max_lr;          ///< highest rate of a cycle, also of decays
    const char* step_size;  ///< half a cycle: "2epochs", or "4000" (updates); NULL: 2 epochs
    const char* total;      ///< the run, in the same way; NULL: 12 epochs
    uint64_t
        updates_per_epoch;  ///< updates that make an epoch, ceil(images / batch size); 0 where no length is in epochs
} cyclone_schedule_context;

/// Makes a schedule from a text such as "triangular", "one-cycle", "exp-range:0.9999", "warmup:1epoch:cosine"
/// (cyclone_help("schedules") lists them). Errors: an unknown name, a malformed argument, rates or lengths that make no
/// schedule, lengths in epochs without updates_per_epoch.
CYCLONE_API int32_t cyclone_schedule_parse(const char* text, const cyclone_schedule_context* context,
                                           cyclone_schedule** schedule);
/// Frees it.
CYCLONE_API int32_t cyclone_schedule_free(cyclone_schedule* schedule);
/// The rate at `update`, from 0. Errors: updates beyond 2^53.
CYCLONE_API int32_t cyclone_schedule_value(const cyclone_schedule* schedule, uint64_t update, double* value);
/// The rates at many updates: `values` gets `count` numbers, for updates[0] ... updates[count - 1], or where `updates`
/// is NULL for 0 ... count - 1.
CYCLONE_API int32_t cyclone_schedule_values(const cyclone_schedule* schedule, const uint64_t* updates, size_t count,
                                            double* values);
/// One line such as "triangular(base=0.002, max=0.03, step_size=2 epochs)"; it belongs to the schedule.
CYCLONE_API int32_t cyclone_schedule_describe(const cyclone_schedule* schedule, const char** text);

// ---------------------------------------------------------------------------------------------------------------------
// Training

/// Parts of the data.
enum cyclone_part {
    CYCLONE_TRAIN = 1,      ///< trained on
    CYCLONE_VALIDATION = 2  ///< measured after every epoch; chooses the epoch (option monitor) and the threshold
};

/// An update of the weights, as a callback sees it.
typedef struct cyclone_update {
    size_t struct_size;        ///< as the library knows it
    uint64_t update;           ///< its number, from 0
    uint64_t updates;          ///< in the whole training, as planned
    int64_t epoch;             ///< from 1
    int64_t epochs;            ///< in the whole training, as planned
    double learning_rate;      ///< that was used
    double loss;               ///< of the batch, before the update
    double images_per_second;  ///< over this update
} cyclone_update;

/// A pass over the training images, as a callback sees it. Values of the validation set are NaN without one.
typedef struct cyclone_epoch {
    size_t struct_size;                   ///< as the library knows it
    int64_t epoch;                        ///< from 1
    int64_t epochs;                       ///< in the whole training, as planned
    uint64_t updates;                     ///< made so far
    double train_loss;                    ///< mean over the images of the losses seen in the epoch
    double seconds;                       ///< without the validation
    double validation_loss;               ///< mean cross-entropy
    double validation_accuracy;           ///< fraction of correct decisions
    double validation_auc;                ///< area under the ROC curve
    double validation_average_precision;  ///< average precision
    double validation_f1;                 ///< F1 at the threshold 0.5
} cyclone_epoch;

/// Called after each update, in the thread of cyclone_training_run(); anything but 0 ends the training cleanly. Of the
/// training itself only cyclone_training_stop() may be called from it.
typedef int32_t (*cyclone_on_update)(const cyclone_update* update, void* user);
/// Called after each epoch, in the same way.
typedef int32_t (*cyclone_on_epoch)(const cyclone_epoch* epoch, void* user);

/// Makes a training without data, with the options of `cyclone train` at their defaults.
CYCLONE_API int32_t cyclone_training_new(cyclone_training** training);
/// Frees it. One that runs is stopped, and freed when cyclone_training_run() returns.
CYCLONE_API int32_t cyclone_training_free(cyclone_training* training);
/// Sets an option. Keys and values are those of `cyclone train` without the dashes: ("model", "resnet:20"),
/// ("schedule", "triangular"), ("max-lr", "0.03"), ("epochs", "12"); cyclone_help("options") lists all of them. '_'
/// counts as '-'. Errors: an unknown key (with the nearest known one), a value that is out of range.
CYCLONE_API int32_t cyclone_training_set(cyclone_training* training, const char* key, const char* value);
/// Gives the images and labels (class numbers from 0) of a cyclone_part. The pixels are not copied: they must stay as
/// they are until the training is freed or gets others. The labels are copied. Errors: another number of labels than of
/// images, labels below 0.
CYCLONE_API int32_t cyclone_training_data(cyclone_training* training, int32_t part, const cyclone_images* images,
                                          const int64_t* labels, size_t length);
/// Names the classes, copied; without it they are "0", "1", ... as far as the labels of the training set go.
CYCLONE_API int32_t cyclone_training_class_names(cyclone_training* training, const char* const* names, size_t length);
/// What is called while it trains, with `user`; NULL: nothing.
CYCLONE_API int32_t cyclone_training_on_update(cyclone_training* training, cyclone_on_update call, void* user);
/// What is called after epochs.
CYCLONE_API int32_t cyclone_training_on_epoch(cyclone_training* training, cyclone_on_epoch call, void* user);
/// Trains, and returns when it is done: the same bits as `cyclone train` and train::fit() for the same data, options
/// and seed, with any number of threads. Each call starts from new weights and replaces the results of the last.
/// Errors: data or options that do not go together; CYCLONE_DIVERGED, after which the history is there and no
/// classifier.
CYCLONE_API int32_t cyclone_training_run(cyclone_training* training);
/// Ends the run, range test or comparison cleanly before its next update, or the next one at once where none runs. From
/// any thread, and from callbacks. Never busy.
CYCLONE_API int32_t cyclone_training_stop(cyclone_training* training);
/// A column of the history. One value per update: "update", "epoch", "learning_rate", "loss", "images_per_second". One
/// per epoch: "epoch_loss" (of the training), "epoch_seconds", "validation_loss", and "validation_" with the name of a
/// metric (cyclone_help("metrics")), NaN where there was no validation set.
CYCLONE_API int32_t cyclone_training_history(const cyclone_training* training, const char* column, double* values,
                                             size_t length, size_t* written);
/// What people should know, a line each: warnings of the schedule, what fit() had to say. "" where there is nothing. It
/// belongs to the training and is valid until the next call with it.
CYCLONE_API int32_t cyclone_training_notes(const cyclone_training* training, const char** text);
/// Makes a classifier of the trained network: the weights of the best epoch by the option monitor, or of the last one
/// without a validation set; the threshold tuned on the validation set (0.5 without one). A copy. Errors: nothing was
/// trained.
CYCLONE_API int32_t cyclone_training_classifier(const cyclone_training* training, cyclone_classifier** classifier);

// ---------------------------------------------------------------------------------------------------------------------
// Learning-rate range test

/// The rates that a range test suggests for a cycle.
typedef struct cyclone_rates {
    size_t struct_size;  ///< sizeof(cyclone_rates), set by the caller
    int32_t found;       ///< 1, or 0 where the curve gives none
    int32_t reserved;    ///< 0
    double base_lr;      ///< lowest rate; NaN where none was found
    double max_lr;       ///< highest rate; NaN where none was found
    const char* reason;  ///< why these, or why none; belongs to the range test
} cyclone_rates;

/// What `cyclone find-lr` does, on the data and with the options of `training` (range-from, range-to, range-updates,
/// range-seeds, range-trials; model, optimizer, batch-size, seed, ...), of which nothing changes: short trainings with
/// rising rates, one per seed, and short cycles that confirm or correct the pair that they suggest ("range-trials",
/// "0": none). The same data, options and seeds give the pair of `cyclone find-lr --first-seed SEED` and of
/// `cyclone train --find-lr`. As many run at a time as there are threads. Callbacks are not called;
/// cyclone_training_stop() ends it.
CYCLONE_API int32_t cyclone_range_test_run(const cyclone_training* training, cyclone_range_test** test);
/// Frees it.
CYCLONE_API int32_t cyclone_range_test_free(cyclone_range_test* test);
/// The curve: learning rates, rising, and the smoothed training loss at each, the mean of the seeds. Both buffers have
/// `length` values; either may be NULL where it is not wanted.
CYCLONE_API int32_t cyclone_range_test_curve(const cyclone_range_test* test, double* rates, double* losses,
                                             size_t length, size_t* written);
/// Fills `rates`. That there are none is not an error.
CYCLONE_API int32_t cyclone_range_test_rates(const cyclone_range_test* test, cyclone_rates* rates);

// ---------------------------------------------------------------------------------------------------------------------
// Comparison of schedules

/// How far a comparison is.
typedef struct cyclone_progress {
    size_t struct_size;  ///< as the library knows it
    uint64_t done;       ///< updates made, by all its trainings
    uint64_t total;      ///< updates planned
} cyclone_progress;

/// Called after each update of any training, by one thread at a time, which is not that of the program; anything but 0
/// ends the comparison. Of its cyclone_training only cyclone_training_stop() may be called from it.
typedef int32_t (*cyclone_on_progress)(const cyclone_progress* progress, void* user);

/// Trains the network of `training` once per schedule and seed, from the same weights on the same batches for each
/// seed, tests each on the CYCLONE_VALIDATION images, and writes `folder`: runs, histories, and result.json with
/// metrics, differences and intervals, as `cyclone compare` does; `cyclone report FOLDER` makes the pages of it.
/// `schedules` are texts separated by commas: "constant:mean,triangular,one-cycle". The options of `training` count
/// (model, optimizer, base-lr, max-lr, step-size, epochs, batch-size, augment, rebalance, precision, seed,
/// compare-seeds, threads: as many trainings at a time) and stay; its callbacks are not called. `call` may be NULL.
/// When it is stopped, the folder holds what was finished. Errors: data of other than two classes, no test images,
/// options that comparisons do not have, a folder that is not empty, no training that was finished.
CYCLONE_API int32_t cyclone_compare(const cyclone_training* training, const char* schedules, const char* folder,
                                    cyclone_on_progress call, void* user);

// ---------------------------------------------------------------------------------------------------------------------
// Metrics

/// A value with its interval.
typedef struct cyclone_interval {
    size_t struct_size;  ///< sizeof(cyclone_interval), set by the caller
    double value;        ///< of the data
    double low;          ///< lower limit
    double high;         ///< upper limit
} cyclone_interval;

/// The area under the ROC curve with DeLong's interval of confidence `level` (0.95). `labels` and `scores` have `count`
/// values, labels of 0 and 1, a higher score for 1. NaN where a class is missing. Errors: no labels, other labels,
/// scores that are not finite, a level outside (0, 1).
CYCLONE_API int32_t cyclone_auc(const int64_t* labels, const double* scores, size_t count, double level,
                                cyclone_interval* interval);
/// The average precision with a bootstrap interval: percentiles of `resamples` (1000; at least 2) draws from `seed`.
/// Arguments and errors as cyclone_auc().
CYCLONE_API int32_t cyclone_average_precision(const int64_t* labels, const double* scores, size_t count, double level,
                                              int32_t resamples, uint64_t seed, cyclone_interval* interval);
/// One metric by name (cyclone_help("metrics")): `labels` has `count` class numbers, `probabilities` count * classes
/// values, those of the first sample first. `threshold` is for two classes (0.5).
CYCLONE_API int32_t cyclone_metric(const char* name, const int64_t* labels, const double* probabilities, size_t count,
                                   int64_t classes, double threshold, double* value);

#ifdef __cplusplus
}
#endif

#endif
