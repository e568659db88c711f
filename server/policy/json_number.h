#ifndef LEASEHOLD_SERVER_POLICY_JSON_NUMBER_H_
#define LEASEHOLD_SERVER_POLICY_JSON_NUMBER_H_

#include <string>
#include <string_view>

namespace leasehold {

// The shortest form of a JSON number, by the rules of RFC 8785 but to the last digit, without a
// double in between: "1.0", "1", "10e-1" -> "1"; "1e21" -> "1e+21"; "-0" -> "0". Two numbers have
// one form exactly where they are equal. `number` is one of JSON's grammar.
std::string ShortestNumber(std::string_view number);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_JSON_NUMBER_H_
