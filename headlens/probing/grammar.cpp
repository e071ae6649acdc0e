#include "headlens/probing/grammar.h"

#include <array>
#include <string_view>

namespace headlens {
namespace {

struct Name {
  std::string_view form, pronoun;
};
struct Noun {
  std::string_view singular, plural;
};

constexpr std::array<Name, 8> kNames = {{{"Anna", "she"},
                                         {"Peter", "he"},
                                         {"Maria", "she"},
                                         {"David", "he"},
                                         {"Laura", "she"},
                                         {"Martin", "he"},
                                         {"Helen", "she"},
                                         {"Thomas", "he"}}};
constexpr std::array<Noun, 10> kNouns = {{{"dog", "dogs"},
                                          {"book", "books"},
                                          {"house", "houses"},
                                          {"letter", "letters"},
                                          {"saw", "saws"},
                                          {"rose", "roses"},
                                          {"horse", "horses"},
                                          {"picture", "pictures"},
                                          {"felt", "felts"},
                                          {"table", "tables"}}};
constexpr std::array<std::string_view, 8> kTransitive = {"saw",    "found", "felt", "painted",
                                                         "bought", "sold",  "held", "liked"};
constexpr std::array<std::string_view, 5> kIntransitive = {"rose", "slept", "waited", "laughed",
                                                           "sang"};
constexpr std::array<std::string_view, 7> kAdjectives = {"old",  "small", "red",  "heavy",
                                                         "slow", "happy", "clean"};
constexpr std::array<std::string_view, 5> kAdverbs = {"quickly", "often", "slowly", "quietly",
                                                      "never"};
constexpr std::array<std::string_view, 6> kPlaces = {"Paris",  "London", "Rome",
                                                     "Berlin", "Vienna", "Oslo"};

class SentenceMaker {
 public:
  explicit SentenceMaker(std::mt19937_64& random) : random_(random) {}

  GrammarSentence make() {
    const Name& name = pick(kNames);
    const int subject = add(name.form, "PROPN", "Number=Sing", "nsubj", "B-PER");
    const int root = predicate(subject, 0);
    set(root, 0, "root");
    if (chance(2)) second_clause(name, subject, root);
    const int stop = add(".", "PUNCT", "", "punct");
    set(stop, root, "punct");
    return std::move(sentence_);
  }

 private:
  template <typename List>
  const typename List::value_type& pick(const List& list) {
    return list[random_() % list.size()];
  }
  bool chance(unsigned of) { return random_() % of == 0; }

  /// @return  the word's number
  int add(std::string_view form, std::string_view upos, std::string_view features,
          std::string_view relation, std::string_view entity = "O") {
    ConlluWord word;
    word.form = word.lemma = form;
    word.upos = upos;
    word.features = features;
    word.deprel = relation;
    sentence_.tree.words.push_back(std::move(word));
    sentence_.entities.emplace_back(entity);
    sentence_.antecedents.push_back(0);
    return static_cast<int>(sentence_.tree.words.size());
  }

  void set(int word, int head, std::string_view relation) {
    sentence_.tree.words[static_cast<std::size_t>(word) - 1].head = head;
    sentence_.tree.words[static_cast<std::size_t>(word) - 1].deprel = relation;
  }

  void refer(int word, int antecedent) {
    sentence_.antecedents[static_cast<std::size_t>(word) - 1] = antecedent;
  }

  /// "the old dogs". @return  the noun
  int noun_phrase() {
    const bool plural = chance(3);
    const bool definite = plural || chance(2);
    const int article =
        add(definite ? "the" : "a", "DET",
            definite ? "Definite=Def|PronType=Art" : "Definite=Ind|PronType=Art", "det");
    const int adjective = chance(2) ? add(pick(kAdjectives), "ADJ", "Degree=Pos", "amod") : 0;
    const Noun& noun = pick(kNouns);
    const int head = add(plural ? noun.plural : noun.singular, "NOUN",
                         plural ? "Number=Plur" : "Number=Sing", "obj");
    object_is_plural_ = plural;
    set(article, head, "det");
    if (adjective != 0) set(adjective, head, "amod");
    return head;
  }

  /// An adverb perhaps, a verb, its object and a place. @param known  what "it" may stand for
  /// @return  the verb
  int predicate(int subject, int known) {
    const int adverb = chance(3) ? add(pick(kAdverbs), "ADV", "", "advmod") : 0;
    const bool transitive = known != 0 || !chance(3);
    const int verb = transitive
                         ? add(pick(kTransitive), "VERB", "Tense=Past|VerbForm=Fin", "root")
                         : add(pick(kIntransitive), "VERB", "Tense=Past|VerbForm=Fin", "root");
    set(subject, verb, "nsubj");
    if (adverb != 0) set(adverb, verb, "advmod");
    object_ = 0;
    if (known != 0) {
      const int pronoun = add(object_is_plural_ ? "them" : "it", "PRON",
                              object_is_plural_ ? "Number=Plur" : "Number=Sing", "obj");
      set(pronoun, verb, "obj");
      refer(pronoun, known);
    } else if (transitive) {
      object_ = noun_phrase();
      set(object_, verb, "obj");
    }
    if (chance(3)) {
      const int preposition = add("in", "ADP", "", "case");
      const int place = add(pick(kPlaces), "PROPN", "Number=Sing", "obl", "B-LOC");
      set(preposition, place, "case");
      set(place, verb, "obl");
    }
    return verb;
  }

  /// "and she sold it" or "because she liked the dog": its subject is the first clause's.
  void second_clause(const Name& name, int subject, int root) {
    const bool coordinated = chance(2);
    const int known = object_ != 0 && chance(2) ? object_ : 0;
    const int word =
        coordinated ? add("and", "CCONJ", "", "cc") : add("because", "SCONJ", "", "mark");
    const int pronoun = add(name.pronoun, "PRON", "Number=Sing", "nsubj");
    refer(pronoun, subject);
    const int verb = predicate(pronoun, known);
    set(verb, root, coordinated ? "conj" : "advcl");
    set(word, verb, coordinated ? "cc" : "mark");
  }

  std::mt19937_64& random_;
  GrammarSentence sentence_;
  int object_ = 0;  ///< of the last clause; 0: it has none
  bool object_is_plural_ = false;
};

}  // namespace

GrammarSentence Grammar::next() { return SentenceMaker(random_).make(); }

}  // namespace headlens
