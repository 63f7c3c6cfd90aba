// JSON objects, field by field.
#include <cyclone/base/arguments.h>
#include <cyclone/io/json_fields.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

namespace cyclone::io {

using Json = nlohmann::ordered_json;

struct JsonFields::Value {
    Json json = Json::object();
};

namespace {

// What came must be JSON text, and texts may hold any bytes: those that are not UTF-8 are replaced.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

void print(std::string& out, const Json& json, std::size_t indent) {
    const bool flat = json.is_primitive() || json.empty() ||
                      (json.is_array() && std::all_of(json.begin(), json.end(), [](const Json& item) {
                           return item.is_number() || item.is_null();
                       }));
    if (flat) {
        out += dump(json);
        return;
    }
    out += json.is_array() ? "[" : "{";
    const char* separator = "\n";
    for (const auto& item : json.items()) {
        out += separator + std::string(indent + 2, ' ');
        if (json.is_object()) out += dump(item.key()) + ": ";
        print(out, item.value(), indent + 2);
        separator = ",\n";
    }
    out += '\n' + std::string(indent, ' ') + (json.is_array() ? "]" : "}");
}

// Copying and printing go down by recursion.
void check_depth(std::string_view text) {
    constexpr int kDeepest = 100;
    int depth = 0;
    bool in_text = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_text && c == '\\')
            ++i;
        else if (c == '"')
            in_text = !in_text;
        else if (!in_text && (c == '[' || c == '{'))
            check(++depth <= kDeepest, "JSON", "expected at most ", kDeepest, " levels of lists and objects");
        else if (!in_text && (c == ']' || c == '}'))
            --depth;
    }
}

Json parsed(std::string_view text) {
    check_depth(text);
    Json json = Json::parse(text, nullptr, false);
    check(json.is_object(), "JSON", json.is_discarded() ? "the text is not JSON" : "expected an object");
    return json;
}

const Json& member(const Json& object, const char* key) {
    const auto found = object.find(key);
    check(found != object.end(), "field", quoted(key), " is missing");
    return *found;
}

[[noreturn]] void fail_type(const char* key, const char* expected, const Json& json) {
    const std::string got = dump(json);
    fail("field ", quoted(key), ": expected ", expected, ", got ", got.size() <= 40 ? got : got.substr(0, 40) + "...");
}

void read(const char* key, const Json& json, double& value) {
    if (!json.is_number() && !json.is_null()) fail_type(key, "a number", json);
    value = json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}
// The library would convert others, and 1e50 to whatever the processor makes of it.
void read(const char* key, const Json& json, std::uint64_t& value) {
    if (!json.is_number_unsigned()) fail_type(key, "a whole number below 2^64", json);
    value = json.get<std::uint64_t>();
}
void read(const char* key, const Json& json, std::int64_t& value) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    if (!json.is_number_unsigned() || json.get<std::uint64_t>() > kMost)
        fail_type(key, "a whole number below 2^63", json);
    value = json.get<std::int64_t>();
}
void read(const char* key, const Json& json, int& value) {
    std::int64_t wide = 0;
    read(key, json, wide);
    value = static_cast<int>(wide);
    if (value != wide) fail_type(key, "a small whole number", json);
}
void read(const char* key, const Json& json, std::string& value) {
    if (!json.is_string()) fail_type(key, "a text", json);
    value = json.get<std::string>();
}
template <class T>
void read(const char* key, const Json& json, std::vector<T>& values) {
    if (!json.is_array()) fail_type(key, "a list", json);
    values.assign(json.size(), T());
    for (std::size_t i = 0; i < values.size(); ++i) read(key, json[i], values[i]);
}
void read(const char* key, const Json& json, std::vector<std::pair<std::string, std::string>>& values) {
    if (!json.is_object()) fail_type(key, "an object of texts", json);
    values.clear();
    for (const auto& item : json.items())
        read(item.key().c_str(), item.value(), values.emplace_back(item.key(), "").second);
}

Json written(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
template <class T>
Json written(const T& value) {
    return value;
}
template <class T>
Json written(const std::vector<T>& values) {
    Json list = Json::array();
    for (const T& value : values) list.push_back(written(value));
    return list;
}
Json written(const std::vector<std::vector<double>>& rows) {
    Json list = Json::array();
    for (const auto& row : rows) {
        Json& items = list.emplace_back(Json::array());
        for (const double value : row)
            items.push_back(value == std::floor(value) && std::abs(value) < 9e15
                                ? Json(static_cast<std::int64_t>(value))
                                : written(value));
    }
    return list;
}
Json written(const std::vector<std::pair<std::string, std::string>>& values) {
    Json object = Json::object();
    for (const auto& [name, value] : values) object[name] = value;
    return object;
}

template <class T>
void transfer(bool reading, Json& json, const char* key, T& value) {
    if (reading)
        read(key, member(json, key), value);
    else
        json[key] = written(value);
}

}  // namespace

JsonFields::JsonFields() : value_(std::make_unique<Value>()), reading_(false) {}
JsonFields::JsonFields(std::string_view text) : value_(new Value{parsed(text)}), reading_(true) {}
JsonFields::~JsonFields() = default;
JsonFields::JsonFields(JsonFields&&) noexcept = default;

bool JsonFields::has(const char* key) const { return value_->json.contains(key); }

void JsonFields::operator()(const char* key, double& v) { transfer(reading_, value_->json, key, v); }
void JsonFields::operator()(const char* key, std::int64_t& v) { transfer(reading_, value_->json, key, v); }
void JsonFields::operator()(const char* key, std::uint64_t& v) { transfer(reading_, value_->json, key, v); }
void JsonFields::operator()(const char* key, int& v) { transfer(reading_, value_->json, key, v); }
void JsonFields::operator()(const char* key, std::string& v) { transfer(reading_, value_->json, key, v); }
void JsonFields::operator()(const char* key, std::vector<double>& v) { transfer(reading_, value_->json, key, v); }
void JsonFields::operator()(const char* key, std::vector<std::int64_t>& v) { transfer(reading_, value_->json, key, v); }
void JsonFields::operator()(const char* key, std::vector<std::uint64_t>& v) {
    transfer(reading_, value_->json, key, v);
}
void JsonFields::operator()(const char* key, std::vector<std::vector<double>>& v) {
    transfer(reading_, value_->json, key, v);
}
void JsonFields::operator()(const char* key, std::vector<std::string>& v) { transfer(reading_, value_->json, key, v); }
void JsonFields::operator()(const char* key, std::vector<std::pair<std::string, std::string>>& v) {
    transfer(reading_, value_->json, key, v);
}

void JsonFields::limits(const char* key, double& low, double& high) {
    std::vector<double> both{low, high};
    (*this)(key, both);
    check(both.size() == 2, "field", quoted(key), ": expected two numbers, got ", both.size());
    low = both[0], high = both[1];
}

std::string JsonFields::compact() const { return dump(value_->json); }
std::string JsonFields::compact(const char* key) const { return has(key) ? dump(value_->json[key]) : ""; }
std::string JsonFields::pretty() const {
    std::string out;
    print(out, value_->json, 0);
    return out;
}

JsonFields JsonFields::object(const char* key, std::ptrdiff_t place) const {
    const Json& field = member(value_->json, key);
    const Json& json = place < 0 ? field : field[static_cast<std::size_t>(place)];
    if (!json.is_object()) fail_type(key, place < 0 ? "an object" : "a list of objects", json);
    JsonFields inner;
    inner.value_->json = json;
    inner.reading_ = true;
    return inner;
}

std::size_t JsonFields::size(const char* key) const {
    const Json& field = member(value_->json, key);
    if (!field.is_array()) fail_type(key, "a list", field);
    return field.size();
}

void JsonFields::put(const char* key, JsonFields&& value, bool append) {
    Json& field = value_->json[key];
    if (append)
        field.push_back(std::move(value.value_->json));
    else
        field = std::move(value.value_->json);
}

void JsonFields::put_empty_list(const char* key) { value_->json[key] = Json::array(); }

void JsonFields::fail_unknown(const char* key, const std::string& name) {
    fail("field", quoted(key), ": ", quoted(name), " is not known");
}

}  // namespace cyclone::io
