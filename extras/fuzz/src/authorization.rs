use gateway_core::Environ;
use gateway_util::{Authorization, EnvironExt};

/// The bytes are the value of Authorization (RFC 9110 section 11.4, RFC 7617).
pub fn authorization(data: &[u8]) {
    let Some(request) = crate::request("authorization", data) else {
        return;
    };
    let environ = Environ::from_request(request);
    match environ.authorization() {
        Ok(Some(Authorization::Basic(credentials))) => {
            assert!(!credentials.user.contains(':'));
        }
        Ok(_) => {}
        Err(error) => assert_eq!(error.status(), 400),
    }
    for refused in [environ.basic_auth("realm").err(), environ.bearer_token("realm").err()] {
        assert!(refused.is_none_or(|error| [400, 401].contains(&error.status().as_u16())));
    }
}
