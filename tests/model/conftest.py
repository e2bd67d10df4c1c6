"""Lets a claim of the helpers that fails say both of its sides, as one of a test does."""

import pytest

pytest.register_assert_rewrite("model.clerk", "model.comparing")
