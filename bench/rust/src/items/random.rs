//! Numbers that look random and are the same each time.

/// splitmix64: any seed is a good one.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Numbers of their own for each `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below `end`.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.bits() % end
    }

    /// One of a thousand parts: true `per_mille` times of a thousand.
    pub const fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of `choices`, which must not be empty.
    pub fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        let end = choices.len() as u64;
        choices[usize::try_from(self.below(end)).unwrap_or(0)]
    }

    /// From 0 to below 1.
    pub fn fraction(&mut self) -> f64 {
        f64::from(u32::try_from(self.bits() >> 32).unwrap_or(0)) / 4_294_967_296.0
    }

    /// `digits` hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 16);
        while text.len() < digits {
            text += &format!("{:016x}", self.bits());
        }
        text.truncate(digits);
        text
    }
}
