#pragma once
// Everything public: `#include <cyclone/cyclone.h>` and `using namespace cyclone;` are enough to start.

#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/grad_mode.h>
#include <cyclone/autograd/gradcheck.h>
#include <cyclone/autograd/record.h>
#include <cyclone/base/error.h>
#include <cyclone/base/nearest_name.h>
#include <cyclone/base/random.h>
#include <cyclone/base/threads.h>
#include <cyclone/base/version.h>
#include <cyclone/data/data.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/io/safetensors.h>
#include <cyclone/lab/comparison.h>
#include <cyclone/lab/plot.h>
#include <cyclone/lab/report.h>
#include <cyclone/lab/run_folder.h>
#include <cyclone/lab/statistics.h>
#include <cyclone/lab/summary.h>
#include <cyclone/lab/tuning.h>
#include <cyclone/metrics/bootstrap.h>
#include <cyclone/metrics/calibration.h>
#include <cyclone/metrics/classification.h>
#include <cyclone/metrics/multiclass.h>
#include <cyclone/metrics/ranking.h>
#include <cyclone/metrics/report.h>
#include <cyclone/metrics/statistics.h>
#include <cyclone/metrics/uncertainty.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/backend.h>
#include <cyclone/ops/ops.h>
#include <cyclone/optim/optim.h>
#include <cyclone/schedule/compose.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>
#include <cyclone/schedule/one_cycle.h>
#include <cyclone/schedule/parse.h>
#include <cyclone/schedule/restarts.h>
#include <cyclone/schedule/schedule.h>
#include <cyclone/schedule/summary.h>
#include <cyclone/tensor/allocator.h>
#include <cyclone/tensor/named_tensor.h>
#include <cyclone/tensor/tensor.h>
#include <cyclone/train/train.h>

#include <iostream>  // results are there to be printed
