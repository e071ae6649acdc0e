#include "headlens/results/study_result.h"

#include <algorithm>

namespace headlens {

int count_significant(const StudyResult& result, double PlaceEffect::*p, double level) {
  return static_cast<int>(std::ranges::count_if(
      result.places, [&](const PlaceEffect& place) { return place.*p <= level; }));
}

}  // namespace headlens
