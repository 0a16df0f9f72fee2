//! Random numbers from a word, such as a student's name. The same word gives
//! the same numbers on every machine and in every version.

/// A source of random numbers: SplitMix64.
pub struct Random(u64);

impl Random {
    /// The source for `question` under the seed `word`; its start is the FNV-1a
    /// hash of both.
    pub fn new(word: &str, question: &str) -> Random {
        let octets = word.bytes().chain([0]).chain(question.bytes());
        Random(octets.fold(0xcbf2_9ce4_8422_2325, |hash, octet| {
            (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    /// A number below `count`; 0 if there is none.
    pub fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        mixed.checked_rem(count).unwrap_or(0)
    }

    /// Brings `items` into a random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_for_ever() {
        let random = &mut Random::new("ada", "hello-network-light");
        let numbers: Vec<u64> = (0..4).map(|_| random.below(1000)).collect();
        assert_eq!(numbers, [198, 901, 598, 790]);
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn every_order_of_three_comes() {
        let mut orders = std::collections::BTreeSet::new();
        for word in 0..200 {
            let mut items = [1, 2, 3];
            Random::new(&word.to_string(), "q").shuffle(&mut items);
            orders.insert(items);
        }
        assert_eq!(orders.len(), 6);
    }
}
