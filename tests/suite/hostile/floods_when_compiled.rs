//! Has the compiler say more than anybody can read.

macro_rules! double {
    ($($word:tt)*) => { compile_error!(concat!($(stringify!($word), "said so often that it fills a disk, ",)*)); };
}
macro_rules! many {
    (@ $($all:tt)*) => { double!($($all)* $($all)* $($all)* $($all)* $($all)* $($all)* $($all)* $($all)*); };
    ($($word:tt)*) => { many!(@ $($word)* $($word)* $($word)* $($word)* $($word)* $($word)* $($word)* $($word)*); };
}
many!(a b c d e f g h i j k l m n o p q r s t u v w x y z);

pub fn attack() {}
