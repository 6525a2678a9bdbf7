//! Compiles and runs the examples of the book and of README.
//!
//! The chapter on Flask needs Python: `extras/adapter-wsgi` runs its examples.

macro_rules! chapters {
    ($($name:ident $file:literal)+) => {$(
        #[cfg(doctest)]
        #[doc = include_str!($file)]
        pub struct $name;
    )+};
}

chapters! {
    Readme "../README.md"
    Introduction "src/introduction.md"
    FirstApp "src/first-app.md"
    Views "src/views.md"
    Requests "src/requests.md"
    State "src/state.md"
    Errors "src/errors.md"
    Middlewares "src/middlewares.md"
    Lifespan "src/lifespan.md"
    Upgrades "src/upgrades.md"
    Mounting "src/mounting.md"
    FrontEnds "src/front-ends.md"
    Deployment "src/deployment.md"
    ActixToAxum "src/actix-to-axum.md"
    WritingAComponent "src/writing-a-component.md"
    Components "src/components.md"
    WritingAMiddleware "src/writing-a-middleware.md"
    Layers "src/layers.md"
    WritingAnAdapter "src/writing-an-adapter.md"
    Adapters "src/adapters.md"
    Why "src/why.md"
    Cost "src/cost.md"
    Limits "src/limits.md"
}
