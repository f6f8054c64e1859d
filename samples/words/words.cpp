// Makes up a text, counts its words twice over with the containers of the
// standard library, and prints the commonest.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#define NOINLINE __attribute__((noinline))

namespace words {

constexpr int kTextWords = 80000;
constexpr int kRounds = 10;

class Dice {
public:
    explicit Dice(uint32_t seed) : state_(seed) {}
    // Below `sides`; low numbers come up far more often than high ones.
    uint32_t roll(uint32_t sides) {
        uint32_t roll = sides;
        for (int i = 0; i < 3; i++)
            roll = next() % (roll + 1);
        return std::min(roll, sides - 1);
    }

private:
    uint32_t next() {
        state_ = state_ * 1664525u + 1013904223u;
        return state_ >> 8;
    }
    uint32_t state_;
};

NOINLINE std::string make_word(uint32_t number) {
    static const char *const syllables[] = {"ka", "lo", "mi", "ru", "ten", "sha", "vo", "pel"};
    std::string word;
    do {
        word += syllables[number % 8];
        number /= 8;
    } while (number != 0);
    return word;
}

NOINLINE std::string make_text(int count) {
    Dice dice(7);
    std::string text;
    for (int i = 0; i < count; i++) {
        text += make_word(dice.roll(3000));
        text += i % 12 == 11 ? ".\n" : " ";
    }
    return text;
}

// Calls `take` with each run of letters. A template: it vanishes into its users.
template <typename Take>
inline void each_word(const std::string &text, Take take) {
    std::string word;
    for (char c : text) {
        if (c >= 'a' && c <= 'z') {
            word.push_back(c);
        } else if (!word.empty()) {
            take(word);
            word.clear();
        }
    }
    if (!word.empty())
        take(word);
}

template <typename Map>
inline uint32_t tally(const std::string &text, Map &counts) {
    uint32_t total = 0;
    each_word(text, [&](const std::string &word) {
        counts[word]++;
        total++;
    });
    return total;
}

using HashCounts = std::unordered_map<std::string, uint32_t>;
using TreeCounts = std::map<std::string, uint32_t>;

NOINLINE uint32_t count_hashed(const std::string &text, HashCounts &counts) {
    return tally(text, counts);
}

NOINLINE uint32_t count_ordered(const std::string &text, TreeCounts &counts) {
    return tally(text, counts);
}

// Words by their first letter, with repeats; gives the length of the longest list.
NOINLINE size_t index_by_letter(const std::string &text) {
    std::vector<std::vector<std::string>> index(26);
    each_word(text, [&](const std::string &word) { index[word[0] - 'a'].push_back(word); });
    size_t longest = 0;
    for (const auto &list : index)
        longest = std::max(longest, list.size());
    return longest;
}

using Ranking = std::vector<std::pair<std::string, uint32_t>>;

NOINLINE Ranking rank(const HashCounts &counts) {
    Ranking ranking(counts.begin(), counts.end());
    std::sort(ranking.begin(), ranking.end(), [](const auto &a, const auto &b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    return ranking;
}

NOINLINE bool agree(const HashCounts &hashed, const TreeCounts &ordered) {
    return hashed.size() == ordered.size() &&
           std::all_of(ordered.begin(), ordered.end(), [&](const auto &entry) {
               auto found = hashed.find(entry.first);
               return found != hashed.end() && found->second == entry.second;
           });
}

} // namespace words

int main() {
    using namespace words;
    const std::string text = make_text(kTextWords);
    uint32_t total = 0;
    size_t longest = 0;
    bool agreed = true;
    Ranking ranking;
    for (int round = 0; round < kRounds; round++) {
        HashCounts hashed;
        TreeCounts ordered;
        total += count_hashed(text, hashed);
        count_ordered(text, ordered);
        longest = index_by_letter(text);
        agreed = agreed && agree(hashed, ordered);
        ranking = rank(hashed);
    }
    std::printf("%u words, %zu different, longest list %zu, counts %s\n", (unsigned)total,
                ranking.size(), longest, agreed ? "agree" : "DIFFER");
    for (size_t i = 0; i < 5 && i < ranking.size(); i++)
        std::printf("%6u %s\n", (unsigned)ranking[i].second, ranking[i].first.c_str());
    return agreed ? 0 : 1;
}
