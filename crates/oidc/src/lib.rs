//! Verifies tokens that others have signed: OpenID Connect discovery, JSON Web Key Sets, ID tokens.
