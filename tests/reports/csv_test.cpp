#include "headlens/reports/csv.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/reports/samples.h"

namespace headlens {
namespace {

TEST(Csv, QuotesAfterRfc4180) {
  EXPECT_EQ(csv_record({"a", "b c", ""}), "a,b c,\r\n");
  EXPECT_EQ(csv_record({"a,b", "say \"hi\"", "x\ny", "\r"}),
            "\"a,b\",\"say \"\"hi\"\"\",\"x\ny\",\"\r\"\r\n");
  EXPECT_EQ(csv_record({"\xF0\x9F"}), "\uFFFD\r\n");
}

TEST(LensCsv, HasOneRecordAPrediction) {
  const LensResult lens = lens_of({"a", ","}, 2, {1});
  EXPECT_EQ(lens_csv(lens),
            "layer,position,token,rank,predicted_id,predicted_token,probability\r\n"
            "0,1,\",\",1,1,\",\",0.5\r\n"
            "0,1,\",\",2,999, other,0.4\r\n"
            "1,1,\",\",1,1,\",\",0.7\r\n"
            "1,1,\",\",2,999, other,0.2\r\n");
}

TEST(RunCsv, LeavesOutWhatIsNoNumber) {
  RunResult run = run_of({"a"});
  run.top = {{7, " b", 0.25, std::nan("")}};
  EXPECT_EQ(run_csv(run),
            "position,rank,predicted_id,predicted_token,probability,logit\r\n"
            "0,1,7, b,0.25,\r\n");
}

}  // namespace
}  // namespace headlens
