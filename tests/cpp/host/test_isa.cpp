// Which instruction set is used, and how MULTISPIN_ISA decides it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "multispin/isa.hpp"

namespace multispin {
namespace {

// Gives the variable back the value it had.
class IsaVariable : public ::testing::Test {
 protected:
  IsaVariable() {
    if (const char* const value = std::getenv("MULTISPIN_ISA")) before_ = value;
  }
  ~IsaVariable() override {
    unsetenv("MULTISPIN_ISA");
    if (before_) set(*before_);
  }
  static void set(const std::string& value) { setenv("MULTISPIN_ISA", value.c_str(), 1); }

 private:
  std::optional<std::string> before_;
};

TEST_F(IsaVariable, BestWithoutIt) {
  unsetenv("MULTISPIN_ISA");
  EXPECT_EQ(selected_isa(), available_isas().back());
  set("");
  EXPECT_EQ(selected_isa(), available_isas().back());
}

TEST_F(IsaVariable, NamesALevel) {
  for (const Isa isa : available_isas()) {
    set(std::string(name(isa)));
    EXPECT_EQ(selected_isa(), isa);
  }
}

TEST_F(IsaVariable, RefusesWhatCannotRun) {
  std::vector<std::string> impossible = {"mmx", "AVX2", "avx"};
  const std::vector<Isa> isas = available_isas();
  for (const Isa isa : {Isa::avx2, Isa::avx512}) {
    if (std::find(isas.begin(), isas.end(), isa) == isas.end()) impossible.emplace_back(name(isa));
  }
  for (const std::string& value : impossible) {
    set(value);
    try {
      selected_isa();
      FAIL() << value;
    } catch (const std::invalid_argument& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find("MULTISPIN_ISA"), std::string::npos);
      EXPECT_NE(message.find("'" + value + "'"), std::string::npos);
      EXPECT_NE(message.find("portable"), std::string::npos);
    }
  }
}

TEST(Isa, PortableIsAlwaysThereAndFirst) {
  EXPECT_EQ(available_isas().front(), Isa::portable);
}

}  // namespace
}  // namespace multispin
