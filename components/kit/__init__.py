"""What components are made with, and no component itself: what is declared here belongs to the component that asks for it."""
