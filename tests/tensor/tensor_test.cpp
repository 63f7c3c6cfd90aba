#include <cyclone/base/out_of_memory.h>
#include <cyclone/tensor/allocator.h>
#include <cyclone/tensor/tensor.h>

#include <algorithm>
#include <thread>

#include "support/catch.h"

using namespace cyclone;

TEST_CASE("shapes know sizes from both ends and refuse nonsense") {
    const Shape shape{2, 3, 5};
    CHECK(shape.numel() == 30);
    CHECK(shape[-1] == 5);
    CHECK(shape.numel_between(0, 2) == 6);
    CHECK(Shape{}.numel() == 1);
    CHECK(shape.str() == "(2, 3, 5)");
    CHECK_THROWS_WITH(shape[3], Catch::Contains("axis 3"));
    CHECK_THROWS_AS((Shape{-1}), Error);
    CHECK_THROWS_AS((Shape{1 << 30, 1 << 30, 1 << 30}), Error);
    CHECK_THROWS_AS((Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}), Error);
}

TEST_CASE("broadcasting follows NumPy") {
    CHECK(broadcast({4, 1, 3}, {2, 1}, "op") == Shape{4, 2, 3});
    CHECK(broadcast({}, {5}, "op") == Shape{5});
    CHECK(broadcast({0, 3}, {1, 3}, "op") == Shape{0, 3});
    CHECK_THROWS_WITH(broadcast({2, 3}, {2, 4}, "add"), Catch::Contains("add") && Catch::Contains("(2, 3)"));
}

TEST_CASE("whole numbers without a type make a tensor of i64") {
    const Tensor labels = Tensor::from({1, -2, 3}, {3});
    CHECK(labels.dtype() == DType::i64);
    CHECK(labels.to_vector<std::int64_t>() == std::vector<std::int64_t>{1, -2, 3});
    CHECK(Tensor::from(std::vector<int>{7}, {}).item() == 7);
    CHECK_THROWS_WITH(Tensor::from({1, 2}, {3}), Catch::Contains("has 3 elements, got 2"));
}

TEST_CASE("a tensor knows whether it alone holds its elements, and its lifetime ends with them") {
    Tensor a = Tensor::ones({2});
    const std::weak_ptr<const void> lifetime = a.lifetime();
    CHECK(a.is_sole_owner());
    {
        const Tensor handle = a;
        CHECK_FALSE(a.is_sole_owner());
    }
    Tensor view = a.viewed({1, 2});
    CHECK_FALSE(a.is_sole_owner());
    a = Tensor();
    CHECK(view.is_sole_owner());
    CHECK_FALSE(lifetime.expired());
    view = Tensor();
    CHECK(lifetime.expired());
    CHECK_THROWS_WITH(a.is_sole_owner(), Catch::Contains("undefined"));
}

TEST_CASE("copies share elements and clones do not") {
    Tensor a = Tensor::from<float>({1, 2, 3, 4}, {2, 2});
    const Tensor b = a;
    const Tensor c = a.clone();
    a.mutable_data<float>()[3] = 9;
    CHECK(b.to_vector<float>() == std::vector<float>{1, 2, 3, 9});
    CHECK(c.to_vector<float>() == std::vector<float>{1, 2, 3, 4});
    CHECK(a.rows(1, 1).to_vector<float>() == std::vector<float>{3, 9});
    CHECK(a.viewed({4}).shares_storage_with(a));
}

TEST_CASE("element access checks type and shape") {
    const Tensor a = Tensor::zeros({2, 3}, DType::u16);
    CHECK_THROWS_WITH(a.data<float>(), Catch::Contains("u16"));
    CHECK_THROWS_WITH(a.viewed({5}), Catch::Contains("6 elements against 5"));
    CHECK_THROWS_AS(a.rows(1, 2), Error);
    CHECK_THROWS_AS(a.item(), Error);
    CHECK_THROWS_AS(Tensor().shape(), Error);
    CHECK_THROWS_AS(Tensor::from<float>({1, 2}, {3}), Error);
    CHECK_THROWS_WITH(Tensor::zeros({1}, DType::u8).set_requires_grad(), Catch::Contains("f32 or f64"));
    CHECK_THROWS_AS(Tensor::zeros({2}).copy_from(Tensor::zeros({3})), Error);
}

TEST_CASE("conversion keeps values") {
    const Tensor a = Tensor::from<std::uint16_t>({0, 65535, 7}, {3});
    CHECK(a.to(DType::f32).to_vector<float>() == std::vector<float>{0, 65535, 7});
    CHECK(a.to(DType::i64).to_vector<std::int64_t>() == std::vector<std::int64_t>{0, 65535, 7});
}

TEST_CASE("the values of a temporary tensor outlive it") {
    const Tensor a = Tensor::from<float>({1, 2, 3}, {3});
    const auto of_a = a.values<float>();
    CHECK(of_a.data() == a.data<float>());
    const auto converted = a.to(DType::f64).values<double>();
    const Tensor other = Tensor::full({3}, 7, DType::f64);  // would get the memory of the temporary
    CHECK(std::vector<double>(converted.begin(), converted.end()) == std::vector<double>{1, 2, 3});
    double sum = 0;
    for (const double v : a.to(DType::f64).values<double>()) sum += v;
    CHECK(sum == 6);
}

TEST_CASE("every mutable access counts as a modification shared by views") {
    Tensor a = Tensor::zeros({4});
    const Tensor view = a.rows(0, 2);
    const auto before = view.version();
    a.fill(1);
    CHECK(view.version() == before + 1);
}

TEST_CASE("empty tensors work") {
    const Tensor a = Tensor::zeros({0, 7});
    CHECK(a.numel() == 0);
    CHECK(a.clone().values<float>().empty());
}

TEST_CASE("blocks are aligned and reused so that a repeated pattern asks the system for nothing") {
    const auto pattern = [] {
        for (const std::size_t bytes : {1u, 64u, 65u, 1000u, 4096u, 100'000u, 3'000'000u}) {
            void* block = allocate_block(bytes);
            CHECK(reinterpret_cast<std::uintptr_t>(block) % 64 == 0);
            std::fill_n(static_cast<char*>(block), bytes, 'x');
            release_block(block);
        }
    };
    pattern();
    const auto before = allocator_stats().system_allocations;
    for (int i = 0; i < 100; ++i) pattern();
    CHECK(allocator_stats().system_allocations == before);
}

TEST_CASE("a thread that only allocates and one that only releases do not grow memory") {
    const auto round = [] {
        std::vector<void*> blocks;
        std::thread([&] {
            for (int i = 0; i < 10; ++i) blocks.push_back(allocate_block(50'000));
        }).join();
        for (void* block : blocks) release_block(block);
    };
    round();
    const auto before = allocator_stats().system_allocations;
    for (int i = 0; i < 20; ++i) round();
    CHECK(allocator_stats().system_allocations == before);
}

TEST_CASE("sizes between the classes always fit") {
    for (std::size_t bytes = 1; bytes < 5'000'000; bytes += 1 + bytes / 7) {
        auto* block = static_cast<char*>(allocate_block(bytes));
        block[0] = block[bytes - 1] = 1;  // the address sanitizer watches this
        release_block(block);
    }
    CHECK_THROWS_WITH(allocate_block(std::size_t{1} << 60), Catch::Contains("cannot allocate"));
    // Whose number of elements, or of bytes, would be 0 in 64 bits.
    Shape grown{std::int64_t{1} << 32};
    CHECK_THROWS_WITH(grown.push_back(std::int64_t{1} << 32), Catch::Contains("more than 2^62 elements"));
    CHECK_THROWS_WITH(Tensor::ones({std::int64_t{1} << 62}), Catch::Contains("cannot allocate"));
    release_cached_memory();
}

#ifndef CYCLONE_NO_MULTIVERSION  // the sanitizers' allocator ends the process instead

TEST_CASE("memory that cannot be had is an exception of its own, which nobody takes for a wrong argument") {
    const Shape huge{std::int64_t{1} << 45};
    CHECK_THROWS_AS(Tensor::empty(huge), OutOfMemory);
    CHECK_THROWS_WITH(Tensor::empty(huge), Catch::Contains("no memory left for 140737488355328 bytes"));
    const auto told_anew = [&] {
        try {
            Tensor::empty(huge);
        } catch (const Error& error) {
            throw UsageError(error.what());
        }
    };
    CHECK_THROWS_AS(told_anew(), std::bad_alloc);
}

#endif
