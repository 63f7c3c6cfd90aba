#pragma once
// All of the part `train`.

#include <cyclone/train/averages.h>
#include <cyclone/train/checkpoint.h>
#include <cyclone/train/class_fractions.h>
#include <cyclone/train/classifier.h>
#include <cyclone/train/classifier_onnx.h>
#include <cyclone/train/curvature.h>
#include <cyclone/train/diverged.h>
#include <cyclone/train/early_stopping.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/fit.h>
#include <cyclone/train/fit_options.h>
#include <cyclone/train/history.h>
#include <cyclone/train/initial_weights.h>
#include <cyclone/train/progress.h>
#include <cyclone/train/rebalancing.h>
#include <cyclone/train/recorder.h>
#include <cyclone/train/reduce_on_plateau.h>
#include <cyclone/train/renew_batch_statistics.h>
#include <cyclone/train/results.h>
#include <cyclone/train/slices.h>
#include <cyclone/train/unfreezing.h>
#include <cyclone/train/weight_hook.h>
