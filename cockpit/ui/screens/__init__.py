"""The screens: what is put together from panels."""
