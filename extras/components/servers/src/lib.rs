//! Serves an app on each stack, for the tests and the test programs of the components.

mod running;
mod stack;

pub use running::Running;
pub use stack::Stack;
