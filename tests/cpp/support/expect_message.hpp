// Errors by what they say.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace multispin::test {

// Expects std::invalid_argument whose message has all the parts.
inline void expect_message(const std::function<void()>& call,
                           const std::vector<std::string>& parts) {
  try {
    call();
    FAIL() << "no error, expected one that says: " << ::testing::PrintToString(parts);
  } catch (const std::invalid_argument& error) {
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
}

}  // namespace multispin::test
