//! The size classes that stacks come in.
//!
//! Few classes, so that a stack given back is soon wanted again by somebody else.

use crate::StackError;

/// A size class of stacks: how many bytes the code that runs on it may use.
///
/// Guards and the yellow zone lie beside these bytes, not in them; the stack's header takes the
/// topmost 64.
///
/// ```
/// use greenroom_stackful::StackSize;
///
/// assert_eq!(StackSize::default(), StackSize::KIB_64);
/// assert_eq!(StackSize::new(100_000)?, StackSize::KIB_256);
/// assert!(StackSize::new(2 << 20).is_err());
/// # Ok::<(), greenroom_stackful::StackError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackSize(u8);

impl StackSize {
    /// 16 KiB: for code whose depth is known. A panic's message alone takes a good part of it.
    pub const KIB_16: Self = Self(0);
    /// 64 KiB, the default.
    pub const KIB_64: Self = Self(1);
    /// 256 KiB.
    pub const KIB_256: Self = Self(2);
    /// 1 MiB, the largest.
    pub const MIB_1: Self = Self(3);
    /// How many classes there are.
    pub const COUNT: usize = 4;
    /// All classes, the smallest first.
    pub const ALL: [Self; Self::COUNT] = [Self::KIB_16, Self::KIB_64, Self::KIB_256, Self::MIB_1];

    /// The smallest class of at least `bytes`.
    ///
    /// # Errors
    ///
    /// [`StackError::TooLarge`] when no class is that large.
    pub fn new(bytes: usize) -> Result<Self, StackError> {
        let fitting = Self::ALL.into_iter().find(|size| size.bytes() >= bytes);
        fitting.ok_or(StackError::TooLarge { asked: bytes, largest: Self::MIB_1.bytes() })
    }

    /// Bytes that code may use on a stack of this class.
    #[inline]
    pub const fn bytes(self) -> usize {
        (16 * 1024) << (2 * self.0)
    }

    /// The class as an index below [`COUNT`](Self::COUNT).
    #[inline]
    pub const fn class(self) -> usize {
        self.0 as usize
    }
}

impl Default for StackSize {
    fn default() -> Self {
        Self::KIB_64
    }
}

impl TryFrom<usize> for StackSize {
    type Error = StackError;

    fn try_from(bytes: usize) -> Result<Self, StackError> {
        Self::new(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::StackSize;

    #[test]
    fn a_size_between_two_classes_is_rounded_up() {
        assert_eq!(StackSize::new(0).unwrap(), StackSize::KIB_16);
        assert_eq!(StackSize::new(16 << 10).unwrap(), StackSize::KIB_16);
        assert_eq!(StackSize::new((16 << 10) + 1).unwrap(), StackSize::KIB_64);
        assert_eq!(StackSize::try_from(1 << 20).unwrap(), StackSize::MIB_1);
    }

    #[test]
    fn a_size_above_the_largest_class_is_refused_with_the_largest_named() {
        let error = StackSize::new((1 << 20) + 1).unwrap_err().to_string();
        assert!(error.contains("1048577") && error.contains("1048576"), "{error}");
    }

    #[test]
    fn every_class_knows_its_index() {
        for (index, size) in StackSize::ALL.into_iter().enumerate() {
            assert_eq!(size.class(), index);
        }
    }
}
