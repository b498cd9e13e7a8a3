"""The norms of the house that no other tool holds."""


def test_tests_run():
    assert True
