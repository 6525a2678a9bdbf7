//! Middlewares: apps that call apps.

mod limit_input;
mod mount;

pub use limit_input::LimitInput;
pub use mount::Mount;
