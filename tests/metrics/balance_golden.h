#pragma once
// Written by balance_golden.py with scikit-learn and imbalanced-learn; do not edit.
// clang-format off

// arguments of drawn(), best F1, MCC, balanced accuracy, -(fp + 10 fn) / n, recall at precision 0.5
inline const std::vector<TunedCase> tuned_cases = {
    {300, 1, 1000, 2, 250,
     {0.7096774193548387, 0.40503621624260905, 0.6469645004676852, -0.39, 1.0}},
    {500, 2, 7, 5, 2,
     {0.4827586206896552, 0.5165870401858496, 0.6590909090909091, -0.564, 0.3181818181818182}},
    {4000, 3, 500, 37, 200,
     {0.4900662251655629, 0.5641411744477748, 0.7070861662648644, -0.1925, 0.32456140350877194}},
    {60, 5, 40, 3, 4,
     {0.4864864864864865, 0.38794291597509756, 0.626984126984127, -0.6333333333333333, 0.2777777777777778}},
};
// clang-format on
