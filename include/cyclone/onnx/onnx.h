#pragma once
// ONNX files.

#include <cyclone/onnx/graph.h>
#include <cyclone/onnx/load.h>
#include <cyclone/onnx/save.h>
