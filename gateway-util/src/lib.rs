//! Request helpers, responses and middlewares for gateway apps.
//!
//! `gateway-core` is the convention and changes rarely; what is convenient lives here.
