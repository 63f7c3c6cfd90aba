#pragma once
// All of the part `data`.

#include <cyclone/data/augment.h>            // IWYU pragma: export
#include <cyclone/data/batch.h>              // IWYU pragma: export
#include <cyclone/data/batch_source.h>       // IWYU pragma: export
#include <cyclone/data/binary_task.h>        // IWYU pragma: export
#include <cyclone/data/convert.h>            // IWYU pragma: export
#include <cyclone/data/dataset.h>            // IWYU pragma: export
#include <cyclone/data/formats/cifar.h>      // IWYU pragma: export
#include <cyclone/data/formats/csv.h>        // IWYU pragma: export
#include <cyclone/data/formats/flat_file.h>  // IWYU pragma: export
#include <cyclone/data/formats/idx.h>        // IWYU pragma: export
#include <cyclone/data/formats/numpy.h>
#include <cyclone/data/formats/weight_files.h>  // IWYU pragma: export
#include <cyclone/data/hdf5/hdf5_file.h>        // IWYU pragma: export
#include <cyclone/data/images/image_folder.h>   // IWYU pragma: export
#include <cyclone/data/images/image_options.h>  // IWYU pragma: export
#include <cyclone/data/loader.h>                // IWYU pragma: export
#include <cyclone/data/memory_budget.h>         // IWYU pragma: export
#include <cyclone/data/open.h>                  // IWYU pragma: export
#include <cyclone/data/sampler.h>               // IWYU pragma: export
#include <cyclone/data/splits.h>                // IWYU pragma: export
#include <cyclone/data/standardization.h>       // IWYU pragma: export
#include <cyclone/data/synthetic.h>             // IWYU pragma: export
